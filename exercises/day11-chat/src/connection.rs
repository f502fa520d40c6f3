//! One client: reads requests, writes what waits for it, and ends the connection in the way that fits the reason.

use crate::{
    chat::Chat,
    hub::{Mailbox, Seat},
    message::{Request, Unreadable},
};
use axum::extract::ws::{Message, WebSocket, close_code};
use futures_util::{StreamExt, stream::SplitSink, stream::SplitStream};
use std::{ops::ControlFlow, time::Duration};
use tokio_tungstenite::tungstenite::Error;

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
    let end = read(&mut stream, &seat, chat.settings.ping * 2).await;
    drop(seat);
    let _ = tokio::time::timeout(CLOSING, farewell(&mut sink, &mut stream, end)).await;
    drop(open);
    todo!("beside reading, write what is in {queue:?}, until {overflow:?} or {:?} comes", chat.stopping)
}

/// Reads requests until the connection has to end. `silence` is how long nothing at all may come.
async fn read(stream: &mut SplitStream<WebSocket>, seat: &Seat, silence: Duration) -> End {
    while let Some(next) = stream.next().await {
        let outcome = match next {
            Ok(message) => take(message, seat),
            Err(error) => ControlFlow::Break(broken(error)),
        };
        if let ControlFlow::Break(end) = outcome {
            return end;
        }
    }
    todo!("give up a client that is silent for {silence:?}")
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
            Err(Unreadable::NotJson) => todo!("end the connection with the code for {text:?}"),
        },
        Message::Binary(bytes) => todo!("end the connection with the code for {bytes:?}"),
        // The library answers pings by itself.
        Message::Ping(_) | Message::Pong(_) => ControlFlow::Continue(()),
        Message::Close(_) => ControlFlow::Break(End::Closed),
    }
}

/// What a failed read says about the client. After it the library reads no more.
fn broken(error: axum::Error) -> End {
    match error.into_inner().downcast_ref() {
        Some(Error::Utf8(why)) => todo!("end the connection with the code for {why}"),
        _ => End::Lost,
    }
}

/// The close handshake, as far as it can be had.
async fn farewell(sink: &mut SplitSink<WebSocket, Message>, stream: &mut SplitStream<WebSocket>, end: End) {
    match end {
        End::Lost => {}
        End::Closed => while let Some(Ok(_)) = stream.next().await {},
        End::Close { code, reason, can_read } => {
            todo!("send {code}, {reason:?} into {sink:?}, and wait for the answer if it can be read: {can_read}")
        }
    }
}
