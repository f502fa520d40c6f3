//! From a folder to a running server: listen, announce, hand out connections, and end in good order.

use crate::{connection, site::Site};
use std::{
    io::{self, Write},
    net::SocketAddr,
    pin::pin,
    sync::Arc,
    time::Duration,
};
use tokio::net::TcpListener;

/// Serves `site` on `address` until SIGTERM, then finishes the responses that have begun and returns.
///
/// # Errors
/// One line for the person who started the program.
pub async fn serve(address: SocketAddr, site: Arc<Site>, patience: Duration) -> Result<(), String> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot listen on {address}: {error}; choose another address with --listen"))?;
    // With port 0 the operating system chose the port, so it has to be asked for.
    let address = listener.local_addr().map_err(|error| format!("the listening socket has no address: {error}"))?;
    announce(address).map_err(|error| format!("cannot write to standard output: {error}"))?;

    let mut signal = pin!(stop_signal());
    loop {
        tokio::select! {
            () = &mut signal => break,
            accepted = listener.accept() => match accepted {
                // One client after the other. Task 4 is to serve all of them at once, and to let those that are being
                // sent a response finish after SIGTERM, for at most 1.5 s.
                Ok((stream, _)) => connection::handle(stream, Arc::clone(&site), patience).await,
                Err(error) => eprintln!("warning: a connection could not be accepted: {error}"),
            },
        }
    }
    Ok(())
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
