//! Addresses that nobody may call.

use harness_net::Upstream;
use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
};

/// A server inside that the service must not call. It counts its callers, and answers everybody with 200, as a metadata
/// service does.
#[derive(Debug)]
pub struct Decoy {
    address: SocketAddr,
    callers: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Decoy {
    fn at(address: SocketAddr) -> io::Result<Decoy> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let (callers, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (counter, stopped) = (Arc::clone(&callers), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            for caller in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                counter.fetch_add(1, Ordering::SeqCst);
                answer(caller);
            }
        });
        Ok(Decoy { address, callers, stop, thread: Some(thread) })
    }

    pub fn ip(&self) -> IpAddr {
        self.address.ip()
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// How many have connected.
    pub fn callers(&self) -> usize {
        self.callers.load(Ordering::SeqCst)
    }
}

impl Drop for Decoy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // The thread waits for a caller; this is the last one.
        if TcpStream::connect(self.address).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

/// Whatever the caller wants. One that goes away meanwhile was counted already.
fn answer(mut caller: TcpStream) {
    let mut request = [0; 64 * 1024];
    if caller.read(&mut request).is_ok() {
        let _ = caller.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    }
}

/// A receiver at 127.0.0.1, and a decoy on the same port of another loopback address: 127.0.0.2, or ::1 where a machine
/// has 127.0.0.1 only.
pub fn receiver_and_decoy() -> (Upstream, Decoy) {
    for _ in 0..20 {
        let receiver = super::receiver();
        let port = receiver.address().port();
        for ip in [IpAddr::from(Ipv4Addr::new(127, 0, 0, 2)), Ipv6Addr::LOCALHOST.into()] {
            if let Ok(decoy) = Decoy::at((ip, port).into()) {
                return (receiver, decoy);
            }
        }
    }
    panic!("this machine has neither 127.0.0.2 nor ::1");
}
