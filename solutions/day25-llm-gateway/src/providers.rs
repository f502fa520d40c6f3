//! Asks one provider after the other.

use crate::{call::Call, config::Target, fault::Fault, ledger::Reservation};
use plumbing::Failure;
use reqwest::{Client, Response, StatusCode, redirect::Policy};
use std::time::Duration;

#[derive(Debug)]
pub struct Providers {
    client: Client,
    /// How long one may take to begin its response.
    timeout: Duration,
}

impl Providers {
    pub fn new(timeout: Duration) -> Result<Providers, Failure> {
        // Whoever redirects a request wants it, with its key, at another place. And a proxy would read it.
        let client = Client::builder().redirect(Policy::none()).no_proxy().build()?;
        Ok(Providers { client, timeout })
    }

    /// Asks the targets of a call until one answers, and returns when its response has begun. That one is a success, or
    /// says that the request is wrong.
    pub async fn ask(&self, call: &Call, reservation: &mut Reservation) -> Result<Response, Fault> {
        for target in &call.model.targets {
            // Whatever happens to us while we wait, the provider may have worked.
            reservation.owe_all();
            let outcome = tokio::time::timeout(self.timeout, self.send(call, target)).await;
            let why = match outcome {
                Ok(Ok(response)) if response.status().is_success() => return Ok(response),
                Ok(Ok(response)) => {
                    reservation.owe(0);
                    if is_about_the_request(response.status()) {
                        return Ok(response);
                    }
                    format!("status {}", response.status().as_u16())
                }
                Ok(Err(error)) if error.is_connect() => "no connection".to_owned(),
                Ok(Err(_)) => "the connection broke".to_owned(),
                Err(_) => "no response in time".to_owned(),
            };
            reservation.owe(0);
            eprintln!("warning: provider {} failed: {why}", target.provider.name);
        }
        Err(Fault::no_provider())
    }

    async fn send(&self, call: &Call, target: &Target) -> reqwest::Result<Response> {
        let provider = &target.provider;
        let url = format!("{}{}", provider.base_url, call.kind.path());
        let mut request = self.client.post(url).json(&call.for_target(target));
        if let Some(key) = &provider.key {
            request = request.bearer_auth(key.reveal());
        }
        request.send().await
    }
}

/// Another provider would say the same.
fn is_about_the_request(status: StatusCode) -> bool {
    matches!(status, StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY)
}
