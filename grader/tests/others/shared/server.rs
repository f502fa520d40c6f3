//! Accept, answer, and stop on SIGTERM after what is in flight.

use crate::{
    Reply, Request,
    message::{NoRequest, read_body, read_head},
};
use signal_hook::{consts::SIGTERM, iterator::Signals};
use std::{
    io::{self, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    process::exit,
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
    time::Duration,
};

/// How long a stop waits for answers that are being made; two seconds are allowed.
const FAREWELL: Duration = Duration::from_millis(1500);

/// How many requests are being answered.
#[derive(Debug, Default)]
pub struct Work {
    count: Mutex<usize>,
    done: Condvar,
}

impl Work {
    /// One request more, until the value goes.
    pub fn begin(&self) -> Busy<'_> {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Busy(self)
    }

    /// Waits until all are answered, but not for long: who is told to stop has two seconds.
    pub fn finish(&self) {
        let count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self.done.wait_timeout_while(count, FAREWELL, |count| *count > 0);
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub struct Busy<'a>(&'a Work);

/// Tells whoever started the program where it listens, and that it is ready.
///
/// # Errors
/// When nobody reads standard output.
pub fn announce(kind: &str, address: SocketAddr) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    write!(stdout, "LISTENING {kind} {address}\nREADY\n")?;
    stdout.flush()
}

/// Calls `then` when SIGTERM comes, in a thread of its own.
///
/// # Errors
/// When the signal cannot be watched.
pub fn on_sigterm(then: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM])?;
    thread::spawn(move || {
        if signals.forever().next().is_some() {
            then();
        }
    });
    Ok(())
}

/// Listens on `listen`, announces it, and answers for ever; SIGTERM ends the program with 0. Bodies have at most `limit` bytes.
///
/// # Errors
/// When the address cannot be had.
pub fn serve(
    listen: SocketAddr,
    limit: usize,
    answer: impl Fn(Request) -> Reply + Send + Sync + 'static,
) -> io::Result<()> {
    let listener = TcpListener::bind(listen)?;
    let work = Arc::new(Work::default());
    let at_stop = Arc::clone(&work);
    on_sigterm(move || {
        at_stop.finish();
        exit(0);
    })?;
    announce("http", listener.local_addr()?)?;

    let answer = Arc::new(answer);
    for stream in listener.incoming() {
        let (answer, work) = (Arc::clone(&answer), Arc::clone(&work));
        if let Ok(stream) = stream {
            // A client whose thread cannot be had is sent away by the end of its connection.
            let _ = thread::Builder::new().spawn(move || converse(&stream, limit, &*answer, &work));
        }
    }
    Ok(())
}

/// One request after another, as long as both sides want.
fn converse(stream: &TcpStream, limit: usize, answer: &dyn Fn(Request) -> Reply, work: &Work) {
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream);
    loop {
        let mut request = match read_head(&mut reader) {
            Ok(request) => request,
            Err(NoRequest::End) => return,
            Err(NoRequest::Refused(status)) => return refuse(stream, status),
        };
        let _busy = work.begin();
        if request.header("expect").is_some() && Reply::empty(100).write(stream, false, true).is_err() {
            return;
        }
        match read_body(&mut reader, &request.headers, limit, false) {
            Ok(body) => request.body = body,
            Err(NoRequest::End) => return,
            Err(NoRequest::Refused(status)) => return refuse(stream, status),
        }
        let (head_only, keeps) = (request.method == "HEAD", request.keeps);
        let reply = answer(request);
        if reply.write(stream, head_only, keeps).is_err() || !keeps {
            return;
        }
    }
}

/// The last answer. What the client still sends is read for a moment, or the system would throw the answer away.
fn refuse(mut stream: &TcpStream, status: u16) {
    let reply = Reply::problem(status, "this request is refused");
    if reply.write(stream, false, false).is_ok() && stream.shutdown(Shutdown::Write).is_ok() {
        let _ = stream.set_read_timeout(Some(Duration::from_millis(500)));
        let mut rest = [0; 16 * 1024];
        for _ in 0..1000 {
            if !matches!(stream.read(&mut rest), Ok(1..)) {
                return;
            }
        }
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        *self.0.count.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.done.notify_all();
    }
}
