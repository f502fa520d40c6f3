//! One WebSocket of the feed.

use crate::market::Subscription;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long the other side may take for its part of the close handshake.
const CLOSING: Duration = Duration::from_secs(1);

/// Sends what the subscription brings, until one of the two sides wants no more.
pub async fn run(socket: WebSocket, subscription: Subscription, stopping: CancellationToken) {
    let Subscription { mut messages, overflow } = subscription;
    let (mut sink, mut stream) = socket.split();
    let writing = async {
        while let Some(message) = messages.recv().await {
            if sink.send(Message::Text(message)).await.is_err() {
                return;
            }
        }
    };
    // A client has nothing to say here. Reading answers its pings, and notices when it goes.
    let reading = async { while let Some(Ok(_)) = stream.next().await {} };
    let is_stopping = tokio::select! {
        () = writing => false,
        () = reading => false,
        // It does not read, so a close frame would not reach it either.
        () = overflow.cancelled() => return,
        () = stopping.cancelled() => true,
    };
    let farewell = async {
        if is_stopping {
            let reason = Utf8Bytes::from_static("the exchange closes");
            let _ = sink.send(Message::Close(Some(CloseFrame { code: close_code::AWAY, reason }))).await;
        }
        // Sends what the library still has to send, and waits until the client has closed the connection.
        while let Some(Ok(_)) = stream.next().await {}
    };
    let _ = tokio::time::timeout(CLOSING, farewell).await;
}
