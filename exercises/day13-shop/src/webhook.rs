//! The provider's callbacks.

use crate::{orders::Orders, worker::Worker};
use axum::http::{HeaderMap, StatusCode};
use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::{Hmac, KeyInit, Mac};
use plumbing::Problem;
use serde::Deserialize;
use sha2::Sha256;

#[derive(Debug, Deserialize)]
struct Event {
    r#type: String,
    order: String,
    charge: Option<String>,
}

/// Takes a callback. The signature is over the bytes as they came, so it is checked before anything is made of them.
pub async fn take(
    orders: &Orders,
    worker: &Worker,
    secret: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), Problem> {
    if !is_signed(secret, headers, body) {
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "the signature is not that of the provider"));
    }
    let event: Event = serde_json::from_slice(body)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, format!("this is no event: {error}")))?;
    let settled = match event.charge {
        Some(charge) => orders.paid(&event.order, Some(&charge)).await,
        None => orders.declined(&event.order).await,
    };
    worker.settled();
    todo!("{settled:?}, if that is what {} means", event.r#type)
}

/// Compares in the same time, whatever is wrong: `verify_slice` sees to that.
fn is_signed(secret: &str, headers: &HeaderMap, body: &[u8]) -> bool {
    let signature = headers.get("signature").and_then(|value| HEXLOWER_PERMISSIVE.decode(value.as_bytes()).ok());
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map(|mac| mac.chain_update(body).finalize());
    todo!("is {signature:?} what comes out of {} bytes, {}?", body.len(), mac.is_ok())
}
