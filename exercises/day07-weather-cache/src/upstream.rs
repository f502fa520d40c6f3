//! The weather service: how it is asked, how long, how often, and what its answers mean.

use plumbing::Failure;
use reqwest::{Client, StatusCode, Url, redirect};
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
        // One try, whatever comes of it. How many more may there be, and after which pause?
        let _patience = (self.settings.retries, self.settings.pause);
        self.try_once(city, etag).await
    }

    async fn try_once(&self, city: &str, etag: Option<&str>) -> Result<Answer, Trouble> {
        // As long as it takes.
        let _limit = self.settings.timeout;
        self.exchange(city, etag).await
    }

    async fn exchange(&self, city: &str, etag: Option<&str>) -> Result<Answer, Trouble> {
        // Is this error fit to be seen? What of the other statuses, of an answer without end, of the entity tags?
        let sent = self.client.get(self.address(city)).send().await;
        let response = sent.map_err(|error| Trouble::Bad(error.to_string()))?;
        if let Some(etag) = etag {
            todo!("say that {etag:?} is known, so that the answer may be {:?}", Answer::NotModified);
        }
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            todo!("{:?} for what Retry-After asks, at most {LONGEST_PAUSE:?}", Trouble::Busy(LONGEST_PAUSE));
        }
        let body = response.bytes().await.map_err(|error| Trouble::Bad(error.to_string()))?;
        match serde_json::from_slice(&body) {
            Ok(observation) => Ok(Answer::New(observation, None)),
            Err(error) => todo!(
                "{error} in {} of at most {BODY_LIMIT} bytes: is it {:?}, {:?}, or something else?",
                body.len(),
                Trouble::UnknownCity,
                Trouble::Slow
            ),
        }
    }

    fn address(&self, city: &str) -> Url {
        todo!("/v1/current at {}, with {city:?} and a key of {} bytes", self.settings.base, self.settings.key.len())
    }
}
