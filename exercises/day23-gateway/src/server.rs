//! Accepts connections, and ends without losing a request.

use crate::gateway::Gateway;
use futures_util::FutureExt;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use plumbing::Failure;
use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

/// What is in flight gets this long after SIGTERM; the contract allows two seconds in all.
const GRACE: Duration = Duration::from_millis(1500);
/// The system may be out of files for a moment; trying at once would only keep it busy.
const AFTER_A_FAILED_ACCEPT: Duration = Duration::from_millis(50);

/// Serves until SIGTERM, and returns when everything in flight is answered.
pub async fn serve(listener: TcpListener, gateway: Arc<Gateway>) -> Result<(), Failure> {
    let mut signal = pin!(plumbing::shutdown_signal());
    // Asking once makes the system tell us of SIGTERM. Until then, it ends a program.
    if let Some(early) = signal.as_mut().now_or_never() {
        return Ok(early?);
    }
    plumbing::announce(&[("http", listener.local_addr()?)])?;
    let stopping = watch::Sender::new(false);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = signal.as_mut() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(converse(stream, peer, Arc::clone(&gateway), stopping.subscribe()));
                }
                Err(error) => {
                    eprintln!("error: no connection can be accepted: {error}");
                    tokio::time::sleep(AFTER_A_FAILED_ACCEPT).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    stopping.send_replace(true);
    todo!("let {} connections finish within {GRACE:?}; which requests are lost here?", connections.len())
}

/// One connection with a client, until one side has had enough.
async fn converse(stream: TcpStream, peer: SocketAddr, gateway: Arc<Gateway>, mut stopping: watch::Receiver<bool>) {
    // Where that cannot be set, the answer is the same, only later.
    drop(stream.set_nodelay(true));
    let service = service_fn(|request: Request<Incoming>| {
        let gateway = Arc::clone(&gateway);
        async move { Ok::<_, Infallible>(gateway.answer(request, peer.ip()).await) }
    });
    // With a timer, hyper closes connections on which half a minute long no whole head comes.
    let mut builder = http1::Builder::new();
    let connection = builder.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection.with_upgrades());
    tokio::select! {
        // An error means that the client is gone, or spoke something else than HTTP and was told so.
        _ = connection.as_mut() => {}
        _ = stopping.wait_for(|stopping| *stopping) => todo!("end the connection with {peer} without losing a request"),
    }
}
