//! One connection: heads out of a stream of bytes, one answer after another, and a gentle end.

use crate::{answer, request::Request, response::Response, response::Status, site::Site};
use std::{io, sync::Arc, time::Duration};
use tokio::{net::TcpStream, time::timeout};

/// Answers the requests of one client until it or we have had enough.
pub async fn handle(stream: TcpStream, site: Arc<Site>, patience: Duration) {
    // An error is a client that has gone away, and nobody is left who could be told.
    let _ = converse(stream, &site, patience).await;
}

/// So far one request and its response. Task 4 makes a loop of it.
async fn converse(stream: TcpStream, site: &Site, patience: Duration) -> io::Result<()> {
    // The end of a small response would otherwise wait until the client has acknowledged its beginning.
    stream.set_nodelay(true)?;
    let mut incoming = Incoming { stream, received: Vec::with_capacity(4096) };
    let head = timeout(patience, incoming.head()).await.unwrap_or(Err(End::Refused(Status(408))));
    let (response, keep_alive, head_only) = match head.and_then(|head| Request::parse(&head).map_err(End::Refused)) {
        Ok(request) => (answer::to(&request, site).await, request.keep_alive, request.method == "HEAD"),
        // Nobody knows where the next request would begin, so this one is the last.
        Err(End::Refused(status)) => (Response::error(status), false, false),
        Err(End::Gone) => return Ok(()),
    };
    response.send(&mut incoming.stream, keep_alive, head_only).await?;
    if keep_alive {
        todo!("answer the next request, of which these bytes may be a part: {:?}", incoming.received);
    }
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

/// With this, `?` turns a connection that broke off into `End::Gone`.
impl From<io::Error> for End {
    fn from(_: io::Error) -> End {
        End::Gone
    }
}

impl Incoming {
    /// The next head, up to and with its empty line. Everything after it stays for the next call.
    ///
    /// A first version may read once and take everything; task 5 says why that is not enough.
    async fn head(&mut self) -> Result<Vec<u8>, End> {
        todo!("take a head from {:?} and from what {:?} brings", self.received, self.stream)
    }
}
