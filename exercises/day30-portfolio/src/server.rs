//! Where connections come from, and how they end.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use plumbing::Failure;
use std::{pin::pin, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

/// What was taken gets this long after SIGTERM; the contract allows two seconds in all.
const GRACE: Duration = Duration::from_millis(1500);
/// The system may be out of files for a moment; trying at once would only keep it busy.
const AFTER_A_FAILED_ACCEPT: Duration = Duration::from_millis(50);

/// Who has opened the listening socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// This program. With it, the queue of connections ends.
    Opened,
    /// A supervisor, which keeps it for the next program.
    Inherited,
}

/// The listening socket that a supervisor has put in the place of standard input (systemd: `StandardInput=socket`; inetd: `wait`).
pub fn inherited() -> Result<TcpListener, Failure> {
    // Any free port, so that the program starts. Which socket is meant instead?
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    Ok(TcpListener::from_std(listener)?)
}

/// Serves until SIGTERM, and returns when all that was taken is answered.
pub async fn serve(listener: TcpListener, source: Source, app: Router) -> Result<(), Failure> {
    let mut signal = pin!(plumbing::shutdown_signal());
    // Asking once makes the system tell us of SIGTERM. Until then, it ends a program.
    tokio::select! {
        biased;
        early = signal.as_mut() => return Ok(early?),
        () = std::future::ready(()) => {}
    }
    plumbing::announce(&[("http", listener.local_addr()?)])?;
    let stopping = watch::Sender::new(false);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = signal.as_mut() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(connections.spawn(converse(stream, app.clone(), stopping.subscribe()))),
                Err(error) => {
                    eprintln!("error: no connection can be accepted: {error}");
                    tokio::time::sleep(AFTER_A_FAILED_ACCEPT).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    stopping.send_replace(true);
    todo!("end well within {GRACE:?}: what {connections:?} have taken, and what waits in {listener:?}, {source:?}")
}

/// One connection with a client, until one side has had enough.
async fn converse(stream: TcpStream, app: Router, mut stopping: watch::Receiver<bool>) {
    // Where that cannot be set, the answer is the same, only later.
    drop(stream.set_nodelay(true));
    let app = TowerToHyperService::new(app);
    // With a timer, hyper closes connections on which half a minute long no whole head comes.
    let mut connection =
        pin!(http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), app));
    tokio::select! {
        // An error means that the client is gone, or spoke something else than HTTP and was told so.
        _ = connection.as_mut() => return,
        // The sender lives longer than this, so it cannot fail. Is that all that has to be waited for?
        _ = stopping.wait_for(|stopping| *stopping) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}
