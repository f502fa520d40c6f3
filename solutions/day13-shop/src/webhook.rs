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
    // An order that is not pending any more stays as it is: that takes care of events that come twice or late.
    match (event.r#type.as_str(), event.charge) {
        ("charge.succeeded", Some(charge)) => orders.paid(&event.order, Some(&charge)).await?,
        ("charge.failed", _) => orders.declined(&event.order).await?,
        _ => return Ok(()),
    }
    worker.settled();
    Ok(())
}

/// Compares in the same time, whatever is wrong: `verify_slice` sees to that.
fn is_signed(secret: &str, headers: &HeaderMap, body: &[u8]) -> bool {
    let signature = headers.get("signature").and_then(|value| HEXLOWER_PERMISSIVE.decode(value.as_bytes()).ok());
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
    let (Some(signature), Ok(mac)) = (signature, mac) else { return false };
    mac.chain_update(body).verify_slice(&signature).is_ok()
}
