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
        todo!("the answer to {call:?} of {key:?} from {:?}, or ask, and remember it for {lifetime:?}", self.cache)
    }

    /// An answer that comes as a whole.
    async fn unary(&self, key: &Key, call: &Call) -> Result<Answer, Fault> {
        let (mut reservation, response) = self.ask(key, call).await?;
        let answer = read(response).await;
        if let Some(usage) = answer.as_ref().ok().and_then(|answer| Counted::read(&answer.body)?.usage) {
            reservation.owe(call.price_of(usage));
        }
        todo!("settle {reservation:?}, and answer with {answer:?}")
    }

    /// An answer that comes bit by bit.
    async fn stream(&self, key: &Key, call: Call) -> Result<Response, Fault> {
        let (reservation, response) = self.ask(key, &call).await?;
        if response.status().is_success() {
            return Ok(stream::relay(response, call, reservation));
        }
        todo!("settle {reservation:?}, and pass {response:?} on")
    }

    /// Reserves the most that a call can cost, and asks until a response has begun.
    async fn ask(&self, key: &Key, call: &Call) -> Result<(Reservation, reqwest::Response), Fault> {
        let mut reservation = self.ledger.reserve(&key.id, call.most()).await?;
        match self.providers.ask(call, &mut reservation).await {
            Ok(response) => Ok((reservation, response)),
            Err(fault) => todo!("settle {reservation:?}, and answer {fault:?}"),
        }
    }
}

/// The whole of a response. If it breaks off, no other provider is asked: this one has done its work.
async fn read(response: reqwest::Response) -> Result<Answer, Fault> {
    let with = |body| Answer { status: response.status(), content_type: None, body };
    todo!("read {response:?}, {LONGEST} bytes at most, into {:?}", with("…".into()))
}
