//! Passes a stream on, event by event, and reads what it costs.

use crate::{
    call::{Call, Counted},
    ledger::Reservation,
    sse::{self, Events},
};
use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use std::io;

/// A stream on its way. When the client leaves, axum drops it: then the connection to the provider is closed, and the
/// reservation settles itself.
struct Relay {
    response: reqwest::Response,
    events: Events,
    call: Call,
    reservation: Reservation,
    /// After an error there is nothing more.
    is_broken: bool,
}

/// The response to the client, whose body comes as the provider's does.
pub fn relay(response: reqwest::Response, call: Call, reservation: Reservation) -> Response {
    let default = HeaderValue::from_static("text/event-stream");
    let content_type = response.headers().get(header::CONTENT_TYPE).cloned().unwrap_or(default);
    let status = response.status();
    let relay = Relay { response, events: Events::default(), call, reservation, is_broken: false };
    let body = stream::unfold(relay, |mut relay| async move {
        if relay.is_broken {
            return None;
        }
        let next = relay.next().await.transpose()?;
        relay.is_broken = next.is_err();
        Some((next, relay))
    });
    (status, [(header::CONTENT_TYPE, content_type)], Body::from_stream(body)).into_response()
}

impl Relay {
    /// The next event for the client. An error breaks its connection, so that nobody takes half an answer for a whole one.
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        while let Some(event) = self.events.next() {
            if self.is_for_client(&event).await? {
                return Ok(Some(event));
            }
        }
        match self.response.chunk().await {
            Ok(piece) => todo!("go on with {piece:?} behind {:?}, or end", self.events),
            Err(error) => todo!("break off, because of {error}"),
        }
    }

    /// Reads an event, and says whether the client gets it.
    async fn is_for_client(&mut self, event: &[u8]) -> io::Result<bool> {
        let data = sse::data(event);
        if data == b"[DONE]" {
            // Before the client sees it: who has the whole answer has paid.
            self.settle().await?;
            return Ok(true);
        }
        let Some(Counted { usage: Some(usage), choices }) = Counted::read(&data) else { return Ok(true) };
        todo!(
            "tell {:?} the price of {usage:?}, and decide about an event with {} choices: {}",
            self.reservation,
            choices.len(),
            self.call.wants_usage
        )
    }

    async fn settle(&mut self) -> io::Result<()> {
        self.reservation.settle().await.map_err(|_| io::Error::other("the call could not be charged"))
    }
}
