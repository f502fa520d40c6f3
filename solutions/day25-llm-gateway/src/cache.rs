//! Remembers answers, so that the same question is asked once.

use crate::{
    call::{Call, Kind},
    keys::Key,
};
use axum::{
    body::Bytes,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// An answer that was read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub content_type: Option<HeaderValue>,
    pub body: Bytes,
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let default = HeaderValue::from_static("application/json");
        let headers = [(header::CONTENT_TYPE, self.content_type.unwrap_or(default))];
        (self.status, headers, self.body).into_response()
    }
}

/// A question's place, by the hash of all that makes it the same question.
type Slots = HashMap<[u8; 32], Arc<tokio::sync::Mutex<Slot>>>;

#[derive(Debug, Default)]
pub struct Cache(Mutex<Slots>);

/// An answer, and until when it is good. Who holds the lock around it, and finds nothing, asks.
#[derive(Debug, Default)]
pub struct Slot(Option<(Answer, Instant)>);

impl Slot {
    pub fn get(&self) -> Option<Answer> {
        self.0.as_ref().filter(|(_, until)| Instant::now() < *until).map(|(answer, _)| answer.clone())
    }

    pub fn put(&mut self, answer: Answer, lifetime: Duration) {
        self.0 = Some((answer, Instant::now() + lifetime));
    }
}

impl Cache {
    /// Whether asking twice would give the same answer.
    pub fn is_for(call: &Call) -> bool {
        let is_cold = || call.request.get("temperature").and_then(Value::as_f64) == Some(0.0);
        !call.is_stream && (call.kind == Kind::Embeddings || is_cold())
    }

    /// The place of this question, for a key: what one has asked is no other's business.
    pub fn slot(&self, key: &Key, call: &Call) -> Arc<tokio::sync::Mutex<Slot>> {
        // A map of serde_json is sorted, so the order in which the client wrote makes no difference.
        let question = json!([key.id, call.kind.path(), call.request]).to_string();
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What is over goes, unless somebody is at it.
        slots.retain(|_, slot| Arc::strong_count(slot) > 1 || slot.try_lock().is_ok_and(|slot| slot.get().is_some()));
        Arc::clone(slots.entry(Sha256::digest(question).into()).or_default())
    }
}
