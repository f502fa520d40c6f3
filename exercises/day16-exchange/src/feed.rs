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
    let (mut sink, stream) = socket.split();
    while let Some(message) = messages.recv().await {
        if sink.send(Message::Text(message)).await.is_err() {
            break;
        }
    }
    let frame = CloseFrame { code: close_code::AWAY, reason: Utf8Bytes::from_static("the exchange closes") };
    todo!(
        "read {stream:?} side by side; end when {overflow:?}; send {frame:?} when {stopping:?}, and wait for {CLOSING:?} at most"
    )
}
