//! Announce, serve, and stop on SIGTERM after what is in flight.

use crate::Failure;
use axum::{Router, serve::ListenerExt};
use std::{
    io::{self, Write},
    net::SocketAddr,
    time::Duration,
};
use tokio::net::TcpListener;

/// What is in flight gets this long after SIGTERM; the contract allows two seconds in all.
const GRACE: Duration = Duration::from_millis(1500);

/// Prints `LISTENING <name> <address>` for each listener and then `READY`. Call it when everything is ready: after
/// migrations and after the journal has been replayed.
///
/// # Errors
/// When standard output is closed.
pub fn announce(listeners: &[(&str, SocketAddr)]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    for (name, address) in listeners {
        writeln!(stdout, "LISTENING {name} {address}")?;
    }
    writeln!(stdout, "READY")?;
    stdout.flush()
}

/// Waits for SIGTERM (what a supervisor sends) or SIGINT (Ctrl-C).
///
/// # Errors
/// When the operating system refuses to report signals.
pub async fn shutdown_signal() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            _ = terminate.recv() => Ok(()),
            interrupt = tokio::signal::ctrl_c() => interrupt,
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

/// Announces the listener as `http`, serves `app` on it, and returns after SIGTERM, once what is in flight is answered.
///
/// # Errors
/// When standard output is closed or signals cannot be received.
pub async fn serve(listener: TcpListener, app: Router) -> Result<(), Failure> {
    serve_until(listener, app, async {
        if let Err(error) = shutdown_signal().await {
            eprintln!("error: signals cannot be received, so only a kill ends this program: {error}");
            std::future::pending::<()>().await;
        }
    })
    .await
}

/// As [`serve`], but ends with `stop` instead of SIGTERM: for services that have more to end than their HTTP side.
///
/// # Errors
/// When standard output is closed.
pub async fn serve_until(
    listener: TcpListener,
    app: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Failure> {
    announce(&[("http", listener.local_addr()?)])?;
    // Small writes leave at once, instead of waiting for the acknowledgement of those before. Where that cannot be set, the
    // answer is the same, only later.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let (stopping, mut stopped) = tokio::sync::watch::channel(false);
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        stop.await;
        stopping.send_replace(true);
    });
    let deadline = async {
        // An error means that the sender is gone, which it is only after it has sent.
        let _ = stopped.wait_for(|stopping| *stopping).await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        result = server.into_future() => Ok(result?),
        () = deadline => Ok(()),
    }
}
