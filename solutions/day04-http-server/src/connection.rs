//! One connection: heads out of a stream of bytes, one answer after another, and a gentle end.

use crate::{answer, request::Request, response::Response, response::Status, site::Site};
use std::{io, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
    time::timeout,
};

/// The longest head that is read: request line, header lines and the empty line.
const HEAD_LIMIT: usize = 16 * 1024;
/// Room for what one read brings. Most heads fit.
const READ: usize = 4 * 1024;
/// How long a client may go on sending after our last response.
const LINGER: Duration = Duration::from_secs(1);

/// Answers the requests of one client until it or we have had enough.
pub async fn handle(stream: TcpStream, site: Arc<Site>, patience: Duration, stop: watch::Receiver<bool>) {
    // An error is a client that has gone away, and nobody is left who could be told.
    let _ = converse(stream, &site, patience, stop).await;
}

async fn converse(
    stream: TcpStream,
    site: &Site,
    patience: Duration,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    // The end of a small response would otherwise wait until the client has acknowledged its beginning.
    stream.set_nodelay(true)?;
    let mut incoming = Incoming { stream, received: Vec::with_capacity(READ) };
    loop {
        let head = tokio::select! {
            // A request that is there already is answered, even when the program is about to stop.
            biased;
            // One deadline for the whole head: a client that sends a byte now and then must not reset it.
            head = timeout(patience, incoming.head()) => head.unwrap_or_else(|_| Err(incoming.out_of_time())),
            _ = stop.wait_for(|stop| *stop) => return Ok(()),
        };
        let (response, keep_alive, head_only) = match head.and_then(|head| Request::parse(&head).map_err(End::Refused))
        {
            Ok(request) => {
                let response = answer::to(&request, site).await;
                (response, request.keep_alive && !*stop.borrow(), request.method == "HEAD")
            }
            // Nobody knows where the next request would begin, so this one is the last.
            Err(End::Refused(status)) => (Response::error(status), false, false),
            Err(End::Gone) => return Ok(()),
        };
        response.send(&mut incoming.stream, keep_alive, head_only).await?;
        if !keep_alive {
            return close_gently(incoming.stream).await;
        }
    }
}

/// Closing a socket with unread bytes resets the connection, and a reset can destroy the response on its way. So we only
/// say that we are done, and read until the client is, too.
async fn close_gently(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut scrap = [0; 4096];
    let drain = async { while stream.read(&mut scrap).await.is_ok_and(|count| count > 0) {} };
    let _ = timeout(LINGER, drain).await;
    Ok(())
}

/// The receiving side. TCP delivers bytes, not messages: a read may bring half a head, or three.
struct Incoming {
    stream: TcpStream,
    /// Received and not yet taken.
    received: Vec<u8>,
}

/// Why there is no further request.
enum End {
    /// The client is gone, or had nothing to say.
    Gone,
    Refused(Status),
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> End {
        End::Gone
    }
}

impl Incoming {
    /// The next head, up to and with its empty line. Everything after it stays for the next call.
    async fn head(&mut self) -> Result<Vec<u8>, End> {
        let mut searched = 0;
        loop {
            // Empty lines before a request are skipped (RFC 9112, section 2.2).
            let empty_lines = self.received.chunks_exact(2).take_while(|pair| pair == b"\r\n").count();
            if empty_lines > 0 {
                self.received.drain(..2 * empty_lines);
                searched = 0;
            }
            let window = &self.received[..self.received.len().min(HEAD_LIMIT)];
            if let Some(at) = window[searched..].windows(4).position(|four| four == b"\r\n\r\n") {
                return Ok(self.received.drain(..searched + at + 4).collect());
            }
            if self.received.len() >= HEAD_LIMIT {
                let in_request_line = !window.contains(&b'\n');
                return Err(End::Refused(if in_request_line { Status(414) } else { Status(431) }));
            }
            // The empty line may have begun already. Without this, a head that comes byte by byte is read n² times.
            searched = self.received.len().saturating_sub(3);
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err(End::Gone);
            }
        }
    }

    /// What becomes of a client whose time is over. One that only kept its connection open has done nothing wrong.
    fn out_of_time(&self) -> End {
        if self.received.is_empty() { End::Gone } else { End::Refused(Status(408)) }
    }
}
