//! Day 4 with a thread for each client. It never reads a body: a connection that has one ends after the answer.

mod head;
mod site;

use head::Head;
use others::{Options, Work, announce, on_sigterm};
use site::{Response, respond};
use std::{
    error::Error,
    fs,
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{ExitCode, exit},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// The longest head; the page leaves it open between 16 and 32 KiB.
const LONGEST_HEAD: usize = 20 * 1024;
/// How long the last answer of a connection has to arrive, whatever the client still sends.
const LINGER: Duration = Duration::from_secs(1);
const STACK: usize = 256 * 1024;

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
    let options = Options::read(&["listen", "root", "header-timeout-ms"], &[]);
    let root: PathBuf = options.value("root", ".");
    let patience = Duration::from_millis(options.value("header-timeout-ms", "10000"));
    let real = fs::canonicalize(&root).and_then(|real| fs::read_dir(&real).map(|_| real));
    let root: Arc<Path> = real.map_err(|error| format!("--root {}: {error}", root.display()))?.into();
    let listener = TcpListener::bind(options.value::<SocketAddr>("listen", "127.0.0.1:8080"))?;
    let address = listener.local_addr()?;

    let (work, stopping) = (Arc::new(Work::default()), Arc::new(AtomicBool::new(false)));
    let (work_at_stop, stop) = (Arc::clone(&work), Arc::clone(&stopping));
    on_sigterm(move || {
        stop.store(true, Ordering::SeqCst);
        // Wakes the loop below, which then closes the listening socket.
        let _ = TcpStream::connect(address);
        work_at_stop.finish();
        exit(0);
    })?;
    announce("http", address)?;

    for stream in listener.incoming() {
        if stopping.load(Ordering::SeqCst) {
            break;
        }
        let (root, work) = (Arc::clone(&root), Arc::clone(&work));
        if let Ok(stream) = stream {
            let thread = thread::Builder::new().stack_size(STACK);
            // A client whose thread cannot be had is sent away by the end of its connection.
            let _ = thread.spawn(move || converse(&stream, &root, patience, &work));
        }
    }
    drop(listener);
    loop {
        thread::park();
    }
}

/// One request after another. An error means that the client has gone.
fn converse(stream: &TcpStream, root: &Path, patience: Duration, work: &Work) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut received = Vec::new();
    loop {
        let head = read_head(stream, &mut received, patience);
        let _busy = work.begin();
        let head = match head {
            Ok(Some(bytes)) => head::parse(&bytes),
            Ok(None) => return Ok(()),
            Err(status) => Err(status),
        };
        let head = match head {
            Ok(head) => head,
            Err(status) => {
                write(stream, None, Response::of(status), false)?;
                return linger(stream);
            }
        };
        let keeps = head.keeps_open() && !head.has_body;
        write(stream, Some(&head), respond(root, &head), keeps)?;
        if !keeps {
            return linger(stream);
        }
    }
}

/// The next head, without its empty line; `None` when the client has ended or says nothing.
fn read_head(mut stream: &TcpStream, received: &mut Vec<u8>, patience: Duration) -> Result<Option<Vec<u8>>, u16> {
    let deadline = Instant::now() + patience;
    // What has been searched already has no end of a head in it.
    let mut searched = 0;
    loop {
        while received.starts_with(b"\r\n") {
            received.drain(..2);
            searched = 0;
        }
        let end = received[searched..].windows(4).position(|window| window == b"\r\n\r\n");
        match end.map(|end| searched + end) {
            Some(end) if end + 4 <= LONGEST_HEAD => {
                let rest = received.split_off(end + 4);
                let mut head = std::mem::replace(received, rest);
                head.truncate(end);
                return Ok(Some(head));
            }
            None if received.len() <= LONGEST_HEAD => searched = received.len().saturating_sub(3),
            _ => return Err(431),
        }
        let late = || if received.is_empty() { Ok(None) } else { Err(408) };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
            return late();
        }
        let mut piece = [0; 4096];
        match stream.read(&mut piece) {
            Ok(0) => return Ok(None),
            Ok(count) => received.extend_from_slice(&piece[..count]),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => return late(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Ok(None),
        }
    }
}

fn write(mut stream: &TcpStream, head: Option<&Head>, response: Response, keeps: bool) -> io::Result<()> {
    let mut text = format!("HTTP/1.1 {} \r\n", response.status);
    for (name, value) in &response.headers {
        text += &format!("{name}:{value}\r\n");
    }
    if response.status != 304 {
        text += &format!("CONTENT-LENGTH:{}\r\n", response.length);
    }
    if !keeps {
        text += "CONNECTION:close\r\n";
    } else if head.is_some_and(|head| head.version_1_0) {
        text += "CONNECTION:keep-alive\r\n";
    }
    text += "\r\n";
    stream.write_all(text.as_bytes())?;
    if let Some(file) = response.file.filter(|_| head.is_some_and(|head| head.method == "GET")) {
        let sent = io::copy(&mut file.take(response.length), &mut stream)?;
        // The file has become shorter: the client notices by the end of the connection.
        if sent < response.length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(())
}

/// Ends the connection after an answer. The system throws the answer away if bytes of the client are left unread.
fn linger(mut stream: &TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    let deadline = Instant::now() + LINGER;
    let mut rest = [0; 16 * 1024];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        stream.set_read_timeout(Some(left))?;
        if stream.read(&mut rest)? == 0 {
            return Ok(());
        }
    }
}
