//! Where connections come from, and how they end.

use axum::Router;
use hyper::{Request, body::Incoming, server::conn::http1, service::Service as _, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use plumbing::Failure;
use std::{io, pin::pin, time::Duration};
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
    let listener = standard_input().and_then(|listener| {
        // Fails for a terminal, a file and a pipe.
        listener.local_addr()?;
        listener.set_nonblocking(true)?;
        TcpListener::from_std(listener)
    });
    listener.map_err(|error| {
        Failure::new(format!(
            "--inherit: standard input is no listening socket ({error}); start this with a supervisor"
        ))
    })
}

#[cfg(unix)]
fn standard_input() -> io::Result<std::net::TcpListener> {
    use std::os::fd::AsFd;
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

#[cfg(not(unix))]
fn standard_input() -> io::Result<std::net::TcpListener> {
    Err(io::ErrorKind::Unsupported.into())
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
    if source == Source::Opened {
        // Nobody comes after us. For these the system has said yes already, so their clients think that we have them.
        let listener = listener.into_std()?;
        while let Ok((stream, _)) = listener.accept() {
            stream.set_nonblocking(true)?;
            connections.spawn(converse(TcpStream::from_std(stream)?, app.clone(), stopping.subscribe()));
        }
    } else {
        drop(listener);
    }
    stopping.send_replace(true);
    let all_ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, all_ended).await.is_err() {
        eprintln!("error: requests that take longer than {} ms are cut off", GRACE.as_millis());
    }
    Ok(())
}

/// One connection with a client, until one side has had enough.
async fn converse(stream: TcpStream, app: Router, mut stopping: watch::Receiver<bool>) {
    // Where that cannot be set, the answer is the same, only later.
    drop(stream.set_nodelay(true));
    let begun = watch::Sender::new(false);
    let app = TowerToHyperService::new(app);
    let service = service_fn(|request: Request<Incoming>| {
        begun.send_replace(true);
        app.call(request)
    });
    // With a timer, hyper closes connections on which half a minute long no whole head comes.
    let mut connection =
        pin!(http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service));
    // The first request of a new connection may be on its way, and gets its answer after SIGTERM too.
    let may_end = async {
        let mut begun = begun.subscribe();
        // Both senders live longer than this, so nothing can fail.
        let _ = stopping.wait_for(|stopping| *stopping).await;
        let _ = begun.wait_for(|begun| *begun).await;
    };
    tokio::select! {
        // An error means that the client is gone, or spoke something else than HTTP and was told so.
        _ = connection.as_mut() => return,
        () = may_end => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
