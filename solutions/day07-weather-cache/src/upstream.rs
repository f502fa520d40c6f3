//! The weather service: how it is asked, how long, how often, and what its answers mean.

use jiff::{Timestamp, fmt::rfc2822};
use plumbing::Failure;
use reqwest::{Client, Response, StatusCode, Url, header, redirect};
use serde::Deserialize;
use std::time::Duration;

/// No honest answer is larger.
const BODY_LIMIT: usize = 64 * 1024;

/// What a service may ask for is a pause, and not that we never come back.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

/// How to ask.
#[derive(Debug)]
pub struct Settings {
    /// Where the service is.
    pub base: Url,
    /// What it wants to see. Part of the address, so addresses are never logged.
    pub key: String,
    /// For one try, from the connection to the last byte.
    pub timeout: Duration,
    /// How many tries may follow the first.
    pub retries: u32,
    /// The pause before the second try; it doubles each time.
    pub pause: Duration,
}

/// The weather service.
#[derive(Debug)]
pub struct Upstream {
    client: Client,
    settings: Settings,
}

/// The weather of a city as the service tells it.
#[derive(Debug, Clone, Deserialize)]
pub struct Observation {
    pub city: String,
    pub observed_at: String,
    /// Kelvin.
    pub temp_k: f64,
    /// Metres per second.
    pub wind_ms: f64,
    /// From 0 to 1.
    pub humidity: f64,
    pub condition: String,
}

/// An answer that can be used.
#[derive(Debug)]
pub enum Answer {
    /// An observation and its entity tag.
    New(Observation, Option<String>),
    /// What we have, by its entity tag, is still right.
    NotModified,
}

/// Why there is no answer.
#[derive(Debug, Clone)]
pub enum Trouble {
    /// There is no such city.
    UnknownCity,
    /// It wants to be asked again after this time and not before.
    Busy(Duration),
    /// It is not there, it failed, or it answered nonsense.
    Bad(String),
    /// It did not answer in time.
    Slow,
}

impl Upstream {
    pub fn new(settings: Settings) -> Result<Upstream, Failure> {
        // A redirect would carry the key to somebody else.
        let client = Client::builder().no_proxy().redirect(redirect::Policy::none()).build()?;
        Ok(Upstream { client, settings })
    }

    /// Asks for a city, again after a failure that may pass. With `etag` an answer is only wanted if it is another one.
    pub async fn fetch(&self, city: &str, etag: Option<&str>) -> Result<Answer, Trouble> {
        let mut pause = self.settings.pause;
        for _ in 0..self.settings.retries {
            match self.try_once(city, etag).await {
                Err(Trouble::Bad(_)) => tokio::time::sleep(pause).await,
                outcome => return outcome,
            }
            pause *= 2;
        }
        self.try_once(city, etag).await
    }

    async fn try_once(&self, city: &str, etag: Option<&str>) -> Result<Answer, Trouble> {
        let exchange = self.exchange(city, etag);
        tokio::time::timeout(self.settings.timeout, exchange).await.unwrap_or(Err(Trouble::Slow))
    }

    async fn exchange(&self, city: &str, etag: Option<&str>) -> Result<Answer, Trouble> {
        let mut address = self.settings.base.clone();
        address.set_path("/v1/current");
        address.query_pairs_mut().clear().append_pair("city", city).append_pair("key", &self.settings.key);
        let mut request = self.client.get(address);
        if let Some(etag) = etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        let response = request.send().await.map_err(bad)?;
        match response.status() {
            StatusCode::OK => {
                let etag = response.headers().get(header::ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
                let observation = serde_json::from_slice(&read(response).await?);
                let observation = observation.map_err(|error| Trouble::Bad(format!("no observation: {error}")))?;
                Ok(Answer::New(observation, etag))
            }
            StatusCode::NOT_MODIFIED => Ok(Answer::NotModified),
            StatusCode::NOT_FOUND => Err(Trouble::UnknownCity),
            StatusCode::TOO_MANY_REQUESTS => Err(Trouble::Busy(pause(&response))),
            status => Err(Trouble::Bad(format!("it answered {status}"))),
        }
    }
}

/// The whole body, unless it is too large.
async fn read(mut response: Response) -> Result<Vec<u8>, Trouble> {
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(bad)? {
        body.extend_from_slice(&part);
        if body.len() > BODY_LIMIT {
            return Err(Trouble::Bad(format!("its answer has more than {BODY_LIMIT} bytes")));
        }
    }
    Ok(body)
}

/// What `Retry-After` asks for: seconds, or a date (RFC 9110, section 10.2.3). A second when it says nothing.
fn pause(response: &Response) -> Duration {
    let text = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let seconds = text.trim().parse::<u64>().ok().map(Duration::from_secs);
    let pause = seconds.or_else(|| {
        let date = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        Duration::try_from(date.duration_since(Timestamp::now())).ok()
    });
    pause.unwrap_or(Duration::from_secs(1)).min(LONGEST_PAUSE)
}

/// The address has the key in it, and reqwest shows the address with its errors.
fn bad(error: reqwest::Error) -> Trouble {
    let error = error.without_url();
    let mut why = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        why = format!("{why}: {cause}");
        source = cause.source();
    }
    Trouble::Bad(why)
}
