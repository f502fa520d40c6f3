//! Connections to one upstream, and what can become of a request.

use crate::health::Health;
use axum::body::Body;
use http_body_util::BodyExt;
use hyper::{
    Request, Response,
    body::{Body as _, Incoming},
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use std::{
    io,
    net::SocketAddr,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{net::TcpStream, sync::Notify};

/// Connections that are kept for the next requests.
const MOST_KEPT: usize = 64;
/// Many servers close a connection after five idle seconds. A request that met it in that moment would be lost.
const KEPT_FOR: Duration = Duration::from_secs(4);
/// How long a connection may take to be made.
const CONNECTING: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub struct Upstream {
    pub address: SocketAddr,
    pub health: Health,
    /// Connections on which nothing is under way, and since when. The newest is the last.
    kept: Mutex<Vec<(SendRequest<Body>, Instant)>>,
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
        Upstream { address, health: Health::default(), kept: Mutex::default() }
    }

    /// Sends a request and returns when the response has begun. The body flows on afterwards, as fast as the slower side.
    ///
    /// # Errors
    /// See [`Failed`].
    pub async fn send(self: &Arc<Self>, request: Request<Body>, limit: Duration) -> Result<Response<Incoming>, Failed> {
        let mut request = request;
        // An upstream can close a kept connection at any time, so a new one has the last word.
        while let Some(kept) = self.take() {
            match self.exchange(kept, request, limit).await {
                Err(Failed::Unsent(unsent)) => request = *unsent,
                other => return other,
            }
        }
        match self.connect().await {
            Ok(connection) => self.exchange(connection, request, limit).await,
            Err(error) => {
                eprintln!("error: {} cannot be reached: {error}", self.address);
                Err(Failed::Unsent(Box::new(request)))
            }
        }
    }

    /// Whether a GET of `path` gets a status from 200 to 299.
    pub async fn is_well(&self, path: &str) -> bool {
        let request = Request::get(path).header("host", self.address.to_string()).body(Body::empty());
        // On a connection of its own: an upstream that takes no more connections is not well.
        let (Ok(mut connection), Ok(request)) = (self.connect().await, request) else { return false };
        connection.send_request(request).await.is_ok_and(|response| response.status().is_success())
    }

    async fn connect(&self) -> io::Result<SendRequest<Body>> {
        let stream = tokio::time::timeout(CONNECTING, TcpStream::connect(self.address)).await??;
        stream.set_nodelay(true)?;
        let (requests, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        // Its errors reach whoever waits for a response on it.
        tokio::spawn(connection.with_upgrades());
        Ok(requests)
    }

    async fn exchange(
        self: &Arc<Self>,
        mut connection: SendRequest<Body>,
        request: Request<Body>,
        limit: Duration,
    ) -> Result<Response<Incoming>, Failed> {
        let moved = Arc::new(Notify::new());
        let request = if request.body().is_end_stream() { request } else { watched(request, Arc::clone(&moved)) };
        let mut answer = pin!(connection.try_send_request(request));
        let answer = loop {
            tokio::select! {
                answer = answer.as_mut() => break answer,
                // While the body is on its way, the upstream is not late.
                () = moved.notified() => {}
                () = tokio::time::sleep(limit) => return Err(Failed::Silent),
            }
        };
        match answer {
            Ok(response) => {
                self.keep_when_done(connection);
                Ok(response)
            }
            Err(mut error) => match error.take_message() {
                Some(request) => Err(Failed::Unsent(Box::new(request))),
                None => {
                    eprintln!("error: {} broke off: {}", self.address, error.error());
                    Err(Failed::Broken)
                }
            },
        }
    }

    /// A connection is free again when the response has been read to its end.
    fn keep_when_done(self: &Arc<Self>, mut connection: SendRequest<Body>) {
        let upstream = Arc::clone(self);
        tokio::spawn(async move {
            if connection.ready().await.is_ok() {
                let mut kept = upstream.kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() < MOST_KEPT {
                    kept.push((connection, Instant::now()));
                }
            }
        });
    }

    fn take(&self) -> Option<SendRequest<Body>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(connection, since)| connection.is_ready() && since.elapsed() < KEPT_FOR);
        kept.pop().map(|(connection, _)| connection)
    }
}

/// The same request; `moved` is told of every part of the body that goes to the upstream.
fn watched(request: Request<Body>, moved: Arc<Notify>) -> Request<Body> {
    request.map(|body| {
        Body::new(body.map_frame(move |frame| {
            moved.notify_one();
            frame
        }))
    })
}
