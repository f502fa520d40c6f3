//! From a `Router` to a running service: listen, announce, serve, and end in good order.
//!
//! Every service of the course does this. From day 5 on it comes from the `plumbing` crate; today you can read it.

use axum::Router;
use std::{
    io::{self, Write},
    net::SocketAddr,
    time::Duration,
};
use tokio::{net::TcpListener, sync::oneshot};

/// What is in flight gets this long after SIGTERM; the contract allows two seconds in all.
const GRACE: Duration = Duration::from_millis(1500);

/// Serves `app` on `address` until SIGTERM, then answers what is in flight and returns.
///
/// # Errors
/// One line for the person who started the program.
pub async fn serve(address: SocketAddr, app: Router) -> Result<(), String> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot listen on {address}: {error}; choose another address with --listen"))?;
    // With port 0 the operating system chose the port, so it has to be asked for.
    let address = listener.local_addr().map_err(|error| format!("the listening socket has no address: {error}"))?;
    announce(address).map_err(|error| format!("cannot write to standard output: {error}"))?;

    let (stopping, stopped) = oneshot::channel();
    let server = axum::serve(listener, app).with_graceful_shutdown(async {
        stop_signal().await;
        // The other end is gone only when the server has ended already.
        let _ = stopping.send(());
    });
    // A client that never finishes its request must not keep the program alive.
    let deadline = async {
        if stopped.await.is_ok() {
            tokio::time::sleep(GRACE).await;
        }
    };
    tokio::select! {
        result = server.into_future() => result.map_err(|error| format!("the server broke down: {error}")),
        () = deadline => Ok(()),
    }
}

/// Tells whoever started the program where it listens, and that it does.
fn announce(address: SocketAddr) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "LISTENING http {address}\nREADY")?;
    stdout.flush()
}

/// Returns on SIGTERM, which is how a supervisor ends a service, or on Ctrl-C.
async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => tokio::select! {
                _ = terminate.recv() => return,
                _ = tokio::signal::ctrl_c() => return,
            },
            Err(error) => eprintln!("warning: SIGTERM cannot be received: {error}"),
        }
    }
    if let Err(error) = tokio::signal::ctrl_c().await {
        eprintln!("warning: Ctrl-C cannot be received, so only a kill ends this program: {error}");
        std::future::pending::<()>().await;
    }
}
