//! A DNS server (RFC 1035) on UDP whose answers a test can change from question to question.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

const A: u16 = 1;
const AAAA: u16 = 28;
/// Bytes of a message before its question.
const HEADER: usize = 12;

/// A running server. It ends when the value is dropped.
#[derive(Debug)]
pub struct Dns {
    address: SocketAddr,
    lookups: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Dns {
    /// Answers with what `script` says for a name and the number of the lookup of this name, beginning with 0. Each
    /// question for IPv4 addresses begins a new lookup. Nothing may be kept: the time to live is 0.
    ///
    /// # Panics
    /// When no socket can be opened.
    pub fn start(mut script: impl FnMut(&str, usize) -> Vec<IpAddr> + Send + 'static) -> Dns {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a UDP socket can be opened");
        let address = socket.local_addr().expect("a bound socket has an address");
        // So often the server looks whether it has to stop.
        socket.set_read_timeout(Some(Duration::from_millis(20))).expect("a time limit can be set");
        let (lookups, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (counter, stopped) = (Arc::clone(&lookups), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            let mut asked: HashMap<String, usize> = HashMap::new();
            let mut buffer = [0; 1500];
            while !stopped.load(Ordering::Relaxed) {
                let Ok((length, client)) = socket.recv_from(&mut buffer) else { continue };
                let Some(question) = Question::read(&buffer[..length]) else { continue };
                let lookup = asked.entry(question.name.clone()).or_default();
                if question.kind == A {
                    *lookup += 1;
                    counter.fetch_add(1, Ordering::Relaxed);
                }
                let addresses = script(&question.name, lookup.saturating_sub(1));
                // A client that is gone needs no answer.
                let _ = socket.send_to(&question.answer(&addresses), client);
            }
        });
        Dns { address, lookups, stop, thread: Some(thread) }
    }

    /// For `--resolver`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// How many lookups there were, of all names.
    pub fn lookups(&self) -> usize {
        self.lookups.load(Ordering::Relaxed)
    }
}

impl Drop for Dns {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Question {
    /// The header and the question, as they came.
    bytes: Vec<u8>,
    /// In lower case, with dots between the labels.
    name: String,
    kind: u16,
}

impl Question {
    fn read(message: &[u8]) -> Option<Question> {
        let (mut at, mut labels) = (HEADER, Vec::new());
        loop {
            let length = usize::from(*message.get(at)?);
            at += 1;
            if length == 0 {
                break;
            }
            labels.push(String::from_utf8_lossy(message.get(at..at + length)?).to_ascii_lowercase());
            at += length;
        }
        let kind = u16::from_be_bytes(message.get(at..at + 2)?.try_into().ok()?);
        Some(Question { bytes: message.get(..at + 4)?.to_vec(), name: labels.join("."), kind })
    }

    fn answer(&self, addresses: &[IpAddr]) -> Vec<u8> {
        let records: Vec<Vec<u8>> = addresses.iter().filter_map(|address| self.record(*address)).collect();
        let mut message = self.bytes.clone();
        // A response without an error; recursion is available.
        message[2] |= 0x80;
        message[3] = 0x80;
        // One question, the records, and nothing else, not even the options of the question.
        message[4..HEADER].copy_from_slice(&[0, 1, 0, records.len() as u8, 0, 0, 0, 0]);
        message.extend(records.concat());
        message
    }

    /// A resource record, if it is of the kind that was asked for.
    fn record(&self, address: IpAddr) -> Option<Vec<u8>> {
        let (kind, data) = match address {
            IpAddr::V4(address) => (A, address.octets().to_vec()),
            IpAddr::V6(address) => (AAAA, address.octets().to_vec()),
        };
        // The name is that of the question; class IN; time to live 0.
        let head = [0xc0, HEADER as u8, 0, kind as u8, 0, 1, 0, 0, 0, 0, 0, data.len() as u8];
        (kind == self.kind).then(|| [head.as_slice(), &data].concat())
    }
}
