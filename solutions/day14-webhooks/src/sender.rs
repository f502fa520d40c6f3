//! One attempt.

use crate::{
    deliveries::Parcel,
    guard::{Guard, Refused},
    signature,
};
use jiff::{Timestamp, fmt::rfc2822};
use plumbing::Failure;
use reqwest::{Client, Response, Url, header::RETRY_AFTER, redirect::Policy};
use std::{
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

/// Nobody can make us wait for longer than this.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug, Clone)]
pub struct Sender {
    client: Client,
    guard: Guard,
}

/// What has happened in an attempt.
#[derive(Debug)]
pub struct Attempt {
    pub at: Timestamp,
    pub took: Duration,
    /// The status of the answer.
    pub answer: Result<u16, Fault>,
    /// How long the receiver wants to be left alone.
    pub retry_after: Option<Duration>,
}

/// Why there was no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "lowercase")]
pub enum Fault {
    /// The guard has refused the address.
    Refused,
    Timeout,
    /// No such name, no connection, or one that broke.
    Connection,
}

impl Sender {
    pub fn new(guard: Guard, timeout: Duration) -> Result<Sender, Failure> {
        let client = Client::builder()
            .timeout(timeout)
            .dns_resolver(Arc::new(guard.clone()))
            // A redirect leads to an address that nobody has checked.
            .redirect(Policy::none())
            // A proxy would look up the name by itself.
            .no_proxy()
            // A connection that is kept would be used without a lookup, so each attempt makes its own.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("thirty-backends-webhooks/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Sender { client, guard })
    }

    pub async fn attempt(&self, parcel: &Parcel) -> Attempt {
        let (at, clock) = (Timestamp::now(), Instant::now());
        let response = self.post(parcel, at).await;
        let failure = response.as_ref().ok().filter(|response| !response.status().is_success());
        let retry_after = failure.and_then(|response| wait_wanted_by(response, Timestamp::now()));
        // Only the head of the answer is read: the body may be endless.
        let answer = response.map(|response| response.status().as_u16());
        Attempt { at, took: clock.elapsed(), answer, retry_after }
    }

    async fn post(&self, parcel: &Parcel, at: Timestamp) -> Result<Response, Fault> {
        let url = Url::parse(&parcel.url).map_err(|_| Fault::Connection)?;
        self.guard.check_url(&url).map_err(|Refused| Fault::Refused)?;
        // The moment of this attempt, not of the event: receivers refuse what looks old, since it may be a replay.
        let timestamp = at.as_second();
        let request = self
            .client
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", &parcel.event)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature::sign(&parcel.secrets, &parcel.event, timestamp, &parcel.body))
            .body(parcel.body.clone());
        request.send().await.map_err(|error| fault(&error))
    }
}

fn fault(error: &reqwest::Error) -> Fault {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<Refused>() {
            return Fault::Refused;
        }
        cause = error.source();
    }
    if error.is_timeout() { Fault::Timeout } else { Fault::Connection }
}

/// `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3).
fn wait_wanted_by(response: &Response, now: Timestamp) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let date = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
            Duration::try_from(date.duration_since(now)).ok()?
        }
    };
    Some(wait.min(LONGEST_WAIT))
}
