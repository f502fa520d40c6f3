//! Connections to one upstream, and what can become of a request.

use crate::health::Health;
use axum::body::Body;
use hyper::{
    Request, Response,
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::net::TcpStream;

/// How long a connection may take to be made.
const CONNECTING: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub struct Upstream {
    pub address: SocketAddr,
    pub health: Health,
}

/// Why there is no response.
#[derive(Debug)]
pub enum Failed {
    /// Nothing was sent: another upstream may have the request, whatever it is.
    Unsent(Box<Request<Body>>),
    /// The connection broke. Nobody knows whether the request was carried out.
    Broken,
    /// No response began in time.
    Silent,
}

impl Upstream {
    pub fn new(address: SocketAddr) -> Upstream {
        Upstream { address, health: Health::default() }
    }

    /// Sends a request and returns when the response has begun. The body flows on afterwards, as fast as the slower side.
    ///
    /// # Errors
    /// See [`Failed`].
    pub async fn send(self: &Arc<Self>, request: Request<Body>, limit: Duration) -> Result<Response<Incoming>, Failed> {
        match self.connect().await {
            Ok(connection) => todo!(
                "send {request:?} on {connection:?} (and keep that one) within {limit:?}, or say {:?} or {:?}",
                Failed::Broken,
                Failed::Silent
            ),
            Err(error) => {
                eprintln!("error: {} cannot be reached: {error}", self.address);
                Err(Failed::Unsent(Box::new(request)))
            }
        }
    }

    /// Whether a GET of `path` gets a status from 200 to 299.
    pub async fn is_well(&self, path: &str) -> bool {
        // On a connection of its own: an upstream that takes no more connections is not well.
        todo!("ask {:?} for {path}", self.connect().await)
    }

    async fn connect(&self) -> io::Result<SendRequest<Body>> {
        let stream = tokio::time::timeout(CONNECTING, TcpStream::connect(self.address)).await??;
        stream.set_nodelay(true)?;
        let (requests, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        // Its errors reach whoever waits for a response on it.
        tokio::spawn(connection.with_upgrades());
        Ok(requests)
    }
}
