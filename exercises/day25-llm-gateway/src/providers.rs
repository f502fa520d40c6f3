//! Asks one provider after the other.

use crate::{
    call::Call,
    config::{Secret, Target},
    fault::Fault,
    ledger::Reservation,
};
use plumbing::Failure;
use reqwest::{Client, Response, redirect::Policy};
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
        let target = call.model.targets.first().ok_or_else(Fault::no_provider)?;
        // Whatever happens to us while we wait, the provider may have worked.
        reservation.owe_all();
        let sent = self.send(call, target).await;
        todo!(
            "look at {sent:?}, which may take {:?}; tell {reservation:?} what is owed; ask the next one",
            self.timeout
        )
    }

    async fn send(&self, call: &Call, target: &Target) -> reqwest::Result<Response> {
        let provider = &target.provider;
        let url = format!("{}{}", provider.base_url, call.kind.path());
        let key = provider.key.as_ref().map_or("no key", Secret::reveal).len();
        todo!("post {:?} to {url} with {:?}, and a key of {key} bytes", call.for_target(target), self.client)
    }
}
