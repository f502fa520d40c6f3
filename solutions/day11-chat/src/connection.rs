//! One client: reads requests, writes what waits for it, and ends the connection in the way that fits the reason.

use crate::{
    chat::Chat,
    hub::{Mailbox, Seat},
    message::{Request, Unreadable},
};
use axum::{
    body::Bytes,
    extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code},
};
use futures_util::{SinkExt, StreamExt, stream::SplitSink, stream::SplitStream};
use std::{ops::ControlFlow, time::Duration};
use tokio::{sync::mpsc, time::Instant};
use tokio_tungstenite::tungstenite::{Error, error::ProtocolError};

/// Messages of more bytes end the connection.
pub const LONGEST: usize = 64 * 1024;

/// How long the other side may take for its part of the close handshake.
const CLOSING: Duration = Duration::from_secs(1);

/// Why a connection ends.
#[derive(Debug)]
enum End {
    /// The client has said goodbye, and may be waiting for ours.
    Closed,
    /// There is nobody who could read a goodbye: the connection broke, or its client is silent or too slow.
    Lost,
    /// We say goodbye, with a code of RFC 6455, section 7.4.1.
    Close { code: u16, reason: &'static str, can_read: bool },
}

/// Serves a client until one of the two wants no more.
pub async fn run(socket: WebSocket, seat: Seat, mailbox: Mailbox, chat: Chat) {
    let (mut sink, mut stream) = socket.split();
    let Mailbox { queue, overflow, open } = mailbox;
    let end = tokio::select! {
        end = read(&mut stream, &seat, chat.settings.ping * 2) => end,
        () = write(&mut sink, queue, chat.settings.ping) => End::Lost,
        () = overflow.cancelled() => End::Lost,
        () = chat.stopping.cancelled() => {
            End::Close { code: close_code::AWAY, reason: "the server ends", can_read: true }
        }
    };
    // The others need not wait for a farewell; the end of the program does.
    drop(seat);
    let _ = tokio::time::timeout(CLOSING, farewell(&mut sink, &mut stream, end)).await;
    drop(open);
}

/// Reads requests until the connection has to end. `silence` is how long nothing at all may come.
async fn read(stream: &mut SplitStream<WebSocket>, seat: &Seat, silence: Duration) -> End {
    loop {
        match tokio::time::timeout(silence, stream.next()).await {
            Err(_) | Ok(None) => return End::Lost,
            Ok(Some(Err(error))) => return broken(error),
            Ok(Some(Ok(message))) => {
                if let ControlFlow::Break(end) = take(message, seat) {
                    return end;
                }
            }
        }
    }
}

fn take(message: Message, seat: &Seat) -> ControlFlow<End> {
    let close = |code, reason| ControlFlow::Break(End::Close { code, reason, can_read: true });
    match message {
        Message::Text(text) if text.len() > LONGEST => close(close_code::SIZE, "the message is too long"),
        Message::Text(text) => match Request::read(&text) {
            Ok(request) => {
                seat.ask(request);
                ControlFlow::Continue(())
            }
            Err(Unreadable::Refused(refusal)) => {
                seat.refuse(&refusal);
                ControlFlow::Continue(())
            }
            Err(Unreadable::NotJson) => close(close_code::INVALID, "the message is not JSON"),
        },
        Message::Binary(_) => close(close_code::UNSUPPORTED, "only text is spoken here"),
        // The library answers pings by itself.
        Message::Ping(_) | Message::Pong(_) => ControlFlow::Continue(()),
        Message::Close(_) => ControlFlow::Break(End::Closed),
    }
}

/// What a failed read says about the client. After it the library reads no more.
fn broken(error: axum::Error) -> End {
    let close = |code, reason| End::Close { code, reason, can_read: false };
    match error.into_inner().downcast_ref() {
        Some(Error::Utf8(_)) => close(close_code::INVALID, "the text is not UTF-8"),
        Some(Error::Capacity(_)) => close(close_code::SIZE, "the message is too long"),
        Some(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => End::Lost,
        Some(Error::Protocol(_)) => close(close_code::PROTOCOL, "this is not RFC 6455"),
        _ => End::Lost,
    }
}

/// Writes what waits for the client, and a ping now and then. Returns when writing fails.
async fn write(sink: &mut SplitSink<WebSocket, Message>, mut queue: mpsc::Receiver<Utf8Bytes>, ping: Duration) {
    let mut pings = tokio::time::interval_at(Instant::now() + ping, ping);
    loop {
        let message = tokio::select! {
            next = queue.recv() => match next {
                Some(text) => Message::Text(text),
                None => return,
            },
            _ = pings.tick() => Message::Ping(Bytes::new()),
        };
        if sink.send(message).await.is_err() {
            return;
        }
    }
}

/// The close handshake, as far as it can be had.
async fn farewell(sink: &mut SplitSink<WebSocket, Message>, stream: &mut SplitStream<WebSocket>, end: End) {
    let can_read = match end {
        End::Lost => return,
        End::Closed => true,
        End::Close { code, reason, can_read } => {
            let goodbye = Message::Close(Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) }));
            if sink.send(goodbye).await.is_err() {
                return;
            }
            can_read
        }
    };
    if can_read {
        // Sends what the library still has to send, and waits until the client has closed the connection.
        while let Some(Ok(_)) = stream.next().await {}
    } else {
        // To close a connection with bytes in it that nobody has read takes our own last bytes with it.
        tokio::time::sleep(CLOSING / 2).await;
    }
}
