//! Day 11 with two threads for each client, one that reads and one that writes, and WebSockets by hand.

mod frames;
mod hub;
mod outbox;

use data_encoding::BASE64;
use frames::{End, Incoming, Reader};
use hub::{Hub, is_name};
use others::{NoRequest, Options, Reply, Request, Work, announce, on_sigterm, read_head};
use outbox::Outbox;
use sha1::{Digest, Sha1};
use std::{
    error::Error,
    io::{self, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{ExitCode, exit},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

const STACK: usize = 128 * 1024;
/// How long the other side may take to say goodbye.
const FAREWELL: Duration = Duration::from_millis(700);

struct Service {
    hub: Mutex<Hub>,
    work: Work,
    queue: usize,
    ping: Duration,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let options = Options::read(&["listen", "history", "queue", "ping-ms"], &[]);
    let hub = Hub::new(options.value("history", "100"));
    let service = Arc::new(Service {
        hub: Mutex::new(hub),
        work: Work::default(),
        queue: options.value("queue", "256"),
        ping: Duration::from_millis(options.value("ping-ms", "20000")),
    });
    let listener = TcpListener::bind(options.value::<SocketAddr>("listen", "127.0.0.1:8080"))?;
    let at_stop = Arc::clone(&service);
    on_sigterm(move || {
        at_stop.hub().stop();
        at_stop.work.finish();
        exit(0);
    })?;
    announce("http", listener.local_addr()?)?;
    for stream in listener.incoming().flatten() {
        let service = Arc::clone(&service);
        let _ = thread::Builder::new().stack_size(STACK).spawn(move || service.greet(stream));
    }
    Ok(())
}

impl Service {
    fn hub(&self) -> MutexGuard<'_, Hub> {
        self.hub.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One request; what is no handshake is answered, and that is the end. An error means that the client has gone.
    fn greet(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(self.ping.saturating_mul(2)))?;
        let mut reader = BufReader::new(stream.try_clone()?);
        let _busy = self.work.begin();
        let request = match read_head(&mut reader) {
            Ok(request) => request,
            Err(NoRequest::End) => return Ok(()),
            Err(NoRequest::Refused(status)) => {
                return Reply::problem(status, "this request is refused").write(&stream, false, false);
            }
        };
        let outbox = Arc::new(Outbox::new(stream.try_clone()?, self.queue));
        match self.welcome(&request, &outbox) {
            Ok((name, handshake)) => {
                let goes_on = (&stream).write_all(handshake.as_bytes());
                if goes_on.is_ok() {
                    self.converse(&name, &outbox, &mut reader);
                }
                self.hub().leave(&name, &outbox);
                goes_on
            }
            Err(reply) => reply.write(&stream, request.method == "HEAD", false),
        }
    }

    /// The name, and the answer to the handshake.
    fn welcome(&self, request: &Request, outbox: &Arc<Outbox>) -> Result<(String, String), Reply> {
        if request.path != "/ws" {
            return Err(Reply::problem(404, "there is only /ws"));
        }
        if request.method != "GET" {
            return Err(Reply::problem(405, "a handshake is a GET").with("Allow", "GET"));
        }
        let has = |name, word: &str| {
            let values = request.headers.iter().filter(|(it, _)| it == name);
            values.flat_map(|(_, value)| value.split(',')).any(|it| it.trim().eq_ignore_ascii_case(word))
        };
        let is_handshake =
            has("upgrade", "websocket") && has("connection", "upgrade") && has("sec-websocket-version", "13");
        let key = request.header("sec-websocket-key").filter(|_| is_handshake).ok_or_else(|| {
            let reply = Reply::problem(426, "this path speaks WebSocket, version 13");
            reply.with("Upgrade", "websocket").with("Sec-WebSocket-Version", "13")
        })?;
        let name = request.parameter("name").filter(|name| is_name(name));
        let name = name.ok_or_else(|| Reply::problem(422, "name has 1 to 32 letters, digits, - and _"))?;
        if !self.hub().enter(&name, outbox) {
            return Err(Reply::problem(409, "somebody has this name"));
        }
        let accept = BASE64.encode(&Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
        let head = "HTTP/1.1 101 \r\nCONNECTION: upgrade\r\nUPGRADE: WebSocket\r\nSEC-WEBSOCKET-ACCEPT: ";
        Ok((name, format!("{head}{accept}\r\n\r\n")))
    }

    fn converse(&self, name: &str, outbox: &Arc<Outbox>, reader: &mut BufReader<TcpStream>) {
        let (writing, ping) = (Arc::clone(outbox), self.ping);
        if thread::Builder::new().stack_size(STACK).spawn(move || writing.write(ping)).is_err() {
            return;
        }
        let mut messages = Reader::default();
        let end = loop {
            match messages.next(reader) {
                Ok(Incoming::Text(text)) => match serde_json::from_str(&text) {
                    Ok(request) => self.hub().handle(name, &request),
                    Err(_) => break End::Close(Some(1007)),
                },
                Ok(Incoming::Ping(payload)) => outbox.pong(payload),
                Ok(Incoming::Pong) => {}
                Err(end) => break end,
            }
        };
        // The others hear it at once, whatever the goodbye takes.
        self.hub().leave(name, outbox);
        if let End::Close(code) = end {
            outbox.close(code);
            outbox.wait_for_end(FAREWELL);
            // What the client still sends is read, or the system would throw our close frame away.
            let _ = reader.get_ref().set_read_timeout(Some(FAREWELL));
            let _ = io::copy(&mut reader.take(1 << 20), &mut io::sink());
        }
        outbox.cut();
    }
}
