//! One question to the payment provider.

use crate::orders::Order;
use plumbing::Failure;
use reqwest::{Client, StatusCode, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// The most of an answer that is read.
const ANSWER_BYTES: usize = 64 * 1024;

#[derive(Debug, Clone)]
pub struct Provider {
    client: Client,
    base: String,
}

/// What the provider says about a charge.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    Succeeded {
        charge: String,
    },
    Declined,
    /// No answer, or none that says what has happened.
    Unknown(String),
}

#[derive(Deserialize)]
struct Charge {
    id: String,
    status: String,
}

impl Provider {
    pub fn new(base: &Url, timeout: Duration) -> Result<Provider, Failure> {
        let client = Client::builder().timeout(timeout).build()?;
        Ok(Provider { client, base: base.as_str().trim_end_matches('/').to_owned() })
    }

    /// Charges an order. However often it is asked, the provider acts once, because the key is the order.
    pub async fn charge(&self, order: &Order) -> Outcome {
        let body = json!({"order": order.id, "amount": order.bill.total, "token": order.token});
        match self.post("charges", &order.id, &body).await {
            Ok((StatusCode::PAYMENT_REQUIRED, _)) => Outcome::Declined,
            Ok((StatusCode::OK, answer)) => match serde_json::from_slice(&answer) {
                Ok(Charge { id, status }) if status == "succeeded" => Outcome::Succeeded { charge: id },
                Ok(Charge { status, .. }) => Outcome::Unknown(format!("status {status:?}")),
                Err(error) => Outcome::Unknown(format!("an answer that is no charge: {error}")),
            },
            Ok((status, _)) => Outcome::Unknown(format!("status {status}")),
            Err(error) => Outcome::Unknown(error),
        }
    }

    /// Gives back what was charged.
    ///
    /// # Errors
    /// Why nobody knows whether it has happened.
    pub async fn refund(&self, order: &Order) -> Result<(), String> {
        let body = json!({"charge": order.charge});
        match self.post("refunds", &format!("refund-{}", order.id), &body).await? {
            (StatusCode::OK, _) => Ok(()),
            (status, _) => Err(format!("status {status}")),
        }
    }

    async fn post(&self, path: &str, key: &str, body: &Value) -> Result<(StatusCode, Vec<u8>), String> {
        let request = self.client.post(format!("{}/{path}", self.base)).header("idempotency-key", key).json(body);
        // The address is left out: there may be a password in it.
        let broken = |error: reqwest::Error| error.without_url().to_string();
        let mut response = request.send().await.map_err(broken)?;
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if answer.len() + chunk.len() > ANSWER_BYTES {
                return Err("an answer without an end".to_owned());
            }
            answer.extend_from_slice(&chunk);
        }
        Ok((response.status(), answer))
    }
}
