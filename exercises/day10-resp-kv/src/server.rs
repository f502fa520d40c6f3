//! Connections: bytes from and to sockets. Knows requests and replies, but no command.

use crate::{
    client::{ClientId, Outbox, Output},
    keeper::{Handle, Message},
    resp::{ProtocolError, Reply, Request, take_request},
};
use plumbing::Failure;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{
        mpsc::{UnboundedReceiver, unbounded_channel},
        oneshot,
    },
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Room made for one read.
const READ: usize = 16 * 1024;
/// While its requests are carried out, a client may send this much ahead. Then TCP makes it wait.
const READ_AHEAD: usize = 64 * 1024;
/// Requests handed over at once, so that one client's pipeline does not keep all others waiting.
const LARGEST_BATCH: usize = 128;
/// What is in flight gets this long after SIGTERM.
const GRACE: Duration = Duration::from_millis(1500);

/// Serves until SIGTERM, or until the keeper has ended.
pub async fn serve(
    listener: TcpListener,
    keeper: Handle,
    mut keeper_end: oneshot::Receiver<Result<(), Failure>>,
) -> Result<(), Failure> {
    let (stop, connections) = (CancellationToken::new(), TaskTracker::new());
    let accept = async {
        for id in 0.. {
            match listener.accept().await {
                Ok((stream, _)) => {
                    connections.spawn(converse(stream, id, keeper.clone(), stop.clone()));
                }
                // Out of file descriptors, most likely: those who are connected go on.
                Err(error) => {
                    eprintln!("error: a connection could not be accepted: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    };
    tokio::select! {
        () = accept => {}
        signal = plumbing::shutdown_signal() => signal?,
        end = &mut keeper_end => return end.unwrap_or_else(|_| Err(Failure::new("the keeper of the data has panicked"))),
    }
    drop(listener);
    stop.cancel();
    connections.close();
    // Whoever does not take their last answer within the grace period goes without it.
    let _ = tokio::time::timeout(GRACE, connections.wait()).await;
    Ok(())
}

/// One connection, from its first byte to its last.
async fn converse(mut stream: TcpStream, id: ClientId, keeper: Handle, stop: CancellationToken) {
    // Replies are written whole, so there is nothing to gain from waiting for more.
    let _ = stream.set_nodelay(true);
    let (sender, mut outputs) = unbounded_channel();
    let (unwritten, give_up) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
    let outbox = Outbox { sender, unwritten: Arc::clone(&unwritten), give_up: give_up.clone() };
    let _ = keeper.send(Message::Joined(id, outbox));
    tokio::select! {
        () = exchange(&mut stream, id, &keeper, &mut outputs, &unwritten, &stop) => {}
        () = give_up.cancelled() => {}
    }
    let _ = keeper.send(Message::Leaving(id, None));
}

/// Requests in, replies out, until the keeper has closed the outbox. Sending to the keeper fails only when that has
/// happened, too.
async fn exchange(
    stream: &mut TcpStream,
    id: ClientId,
    keeper: &Handle,
    outputs: &mut UnboundedReceiver<Output>,
    unwritten: &AtomicUsize,
    stop: &CancellationToken,
) {
    let (mut reader, mut writer) = stream.split();
    let mut buffer = Vec::new();
    let (mut busy, mut leaving) = (false, false);
    loop {
        if !busy && !leaving {
            let (requests, error) = take_requests(&mut buffer, LARGEST_BATCH);
            if !requests.is_empty() {
                busy = true;
                let _ = keeper.send(Message::Requests(id, requests));
            }
            if let Some(error) = error {
                leaving = true;
                let _ = keeper.send(Message::Leaving(id, Some(Reply::Error(error.to_string()))));
            }
        }
        buffer.reserve(READ);
        tokio::select! {
            output = outputs.recv() => {
                let Some(Output { bytes, answered }) = output else { break };
                busy &= !answered;
                if writer.write_all(&bytes).await.is_err() {
                    break;
                }
                unwritten.fetch_sub(bytes.len(), Ordering::Relaxed);
            }
            read = reader.read_buf(&mut buffer), if !leaving && (!busy || buffer.len() < READ_AHEAD) => {
                if matches!(read, Ok(0) | Err(_)) {
                    leaving = true;
                    let (requests, _) = take_requests(&mut buffer, usize::MAX);
                    let _ = keeper.send(Message::Requests(id, requests));
                    let _ = keeper.send(Message::Leaving(id, None));
                }
            }
            () = stop.cancelled(), if !leaving => {
                leaving = true;
                let _ = keeper.send(Message::Leaving(id, None));
            }
        }
    }
    let _ = writer.shutdown().await;
}

/// Takes complete requests from the front of `buffer`, at most `limit`, up to the first that is none.
fn take_requests(buffer: &mut Vec<u8>, limit: usize) -> (Vec<Request>, Option<ProtocolError>) {
    let (mut requests, mut taken) = (Vec::new(), 0);
    let error = loop {
        if requests.len() == limit {
            break None;
        }
        match take_request(&buffer[taken..]) {
            Ok(Some((request, length))) => {
                requests.push(request);
                taken += length;
            }
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    buffer.drain(..taken);
    (requests, error)
}
