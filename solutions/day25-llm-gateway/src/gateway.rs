//! The way of one call: reserve, ask, charge, answer.

use crate::{
    cache::{Answer, Cache},
    call::{Call, Counted},
    config::{Model, Secret},
    fault::Fault,
    keys::{Key, Keys},
    ledger::{Ledger, Reservation},
    providers::Providers,
    stream,
};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// The longest answer that is no stream.
const LONGEST: usize = 64 * 1024 * 1024;

/// Everything that there is.
#[derive(Debug)]
pub struct Gateway {
    pub providers: Providers,
    pub models: Vec<Arc<Model>>,
    pub keys: Keys,
    pub ledger: Ledger,
    pub cache: Cache,
    pub admin_token: Secret,
}

impl Gateway {
    pub fn model(&self, name: &str) -> Result<&Arc<Model>, Fault> {
        self.models.iter().find(|model| model.name == name).ok_or_else(Fault::no_model)
    }

    /// Whether this is the admin token. Hashes are compared, so that the time tells nothing of how much of it is right.
    pub fn is_admin(&self, token: &str) -> bool {
        Sha256::digest(token) == Sha256::digest(self.admin_token.reveal())
    }

    /// Answers a call.
    pub async fn answer(&self, key: &Key, call: Call) -> Result<Response, Fault> {
        if call.is_stream {
            return self.stream(key, call).await;
        }
        let Some(lifetime) = call.model.cache.filter(|_| Cache::is_for(&call)) else {
            return self.unary(key, &call).await.map(IntoResponse::into_response);
        };
        let slot = self.cache.slot(key, &call);
        // While somebody holds it, the others wait here. When he leaves, the next one has it.
        let mut slot = slot.lock().await;
        if let Some(answer) = slot.get() {
            return Ok(([("cache-status", "gateway; hit")], answer).into_response());
        }
        let answer = self.unary(key, &call).await?;
        if answer.status.is_success() {
            slot.put(answer.clone(), lifetime);
        }
        Ok(answer.into_response())
    }

    /// An answer that comes as a whole.
    async fn unary(&self, key: &Key, call: &Call) -> Result<Answer, Fault> {
        let (mut reservation, response) = self.ask(key, call).await?;
        let answer = read(response).await;
        if let Some(usage) = answer.as_ref().ok().and_then(|answer| Counted::read(&answer.body)?.usage) {
            reservation.owe(call.price_of(usage));
        }
        reservation.settle().await?;
        answer
    }

    /// An answer that comes bit by bit.
    async fn stream(&self, key: &Key, call: Call) -> Result<Response, Fault> {
        let (mut reservation, response) = self.ask(key, &call).await?;
        if response.status().is_success() {
            return Ok(stream::relay(response, call, reservation));
        }
        reservation.settle().await?;
        read(response).await.map(IntoResponse::into_response)
    }

    /// Reserves the most that a call can cost, and asks until a response has begun.
    async fn ask(&self, key: &Key, call: &Call) -> Result<(Reservation, reqwest::Response), Fault> {
        let mut reservation = self.ledger.reserve(&key.id, call.most()).await?;
        match self.providers.ask(call, &mut reservation).await {
            Ok(response) => Ok((reservation, response)),
            Err(fault) => {
                // Now, and not when it is dropped: who hears of the failure may ask again at once, for the same money.
                reservation.settle().await?;
                Err(fault)
            }
        }
    }
}

/// The whole of a response. If it breaks off, no other provider is asked: this one has done its work.
async fn read(mut response: reqwest::Response) -> Result<Answer, Fault> {
    let (status, content_type) = (response.status(), response.headers().get("content-type").cloned());
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(|_| Fault::no_provider())? {
        body.extend_from_slice(&part);
        if body.len() > LONGEST {
            return Err(Fault::no_provider());
        }
    }
    Ok(Answer { status, content_type, body: body.into() })
}
