//! The weather service: one call of several tries.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use others::client::{Failure, send};
use serde_json::Value;
use std::{
    sync::Arc,
    thread::sleep,
    time::{Duration, Instant},
};

const LIMIT: usize = 64 * 1024;
/// As long as a pause can get; an `Instant` that is further away may not exist.
const LONGEST: u64 = 3_000_000_000;
/// The three forms of a date (RFC 9110, section 5.6.7).
const DATES: [&str; 3] = ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];

/// The weather somewhere, as it was told.
pub struct Observation {
    pub city: String,
    pub observed_at: String,
    pub condition: String,
    pub kelvin: f64,
    pub metres_per_second: f64,
    pub humidity: f64,
    pub etag: Option<String>,
}

/// How a call has ended.
#[derive(Clone)]
pub enum Outcome {
    Found { observation: Arc<Observation>, fetched: Instant, confirmed: bool },
    Unknown,
    Busy(Instant),
    Late,
    Bad,
}

/// Whom to ask, and how often.
pub struct Upstream {
    /// `HOST:PORT`.
    pub address: String,
    pub key: String,
    pub timeout: Duration,
    pub retries: u32,
    pub retry: Duration,
}

impl Upstream {
    /// Asks until there is an answer that counts. `paused` says until when nobody may be asked.
    pub fn call(&self, city: &str, known: Option<&Arc<Observation>>, paused: impl Fn() -> Option<Instant>) -> Outcome {
        let mut pause = self.retry;
        for _ in 0..self.retries {
            match self.attempt(city, known) {
                Outcome::Bad => sleep(pause),
                outcome => return outcome,
            }
            pause = pause.saturating_mul(2);
            if let Some(until) = paused() {
                return Outcome::Busy(until);
            }
        }
        self.attempt(city, known)
    }

    fn attempt(&self, city: &str, known: Option<&Arc<Observation>>) -> Outcome {
        let line = format!("GET /v1/current?city={}&key={}", escape(city), escape(&self.key));
        let tag = known.and_then(|known| known.etag.as_deref());
        let headers: Vec<_> = tag.map(|tag| ("If-None-Match", tag)).into_iter().collect();
        let deadline = Instant::now() + self.timeout;
        let failed = |failure| if failure == Failure::Late { Outcome::Late } else { Outcome::Bad };
        let answer = match send(&self.address, &line, &headers, b"", deadline) {
            Ok(answer) => answer,
            Err(failure) => return failed(failure),
        };
        let etag = answer.header("etag").map(str::to_owned);
        match (answer.status, known) {
            (404, _) => Outcome::Unknown,
            (429, _) => Outcome::Busy(Instant::now() + measure(answer.header("retry-after"))),
            (304, Some(known)) if tag.is_some() => {
                Outcome::Found { observation: Arc::clone(known), fetched: Instant::now(), confirmed: true }
            }
            (200, _) => match answer.body(LIMIT) {
                Ok(body) => observation(&body, etag).map_or(Outcome::Bad, |observation| Outcome::Found {
                    observation: Arc::new(observation),
                    fetched: Instant::now(),
                    confirmed: false,
                }),
                Err(failure) => failed(failure),
            },
            _ => Outcome::Bad,
        }
    }
}

fn observation(body: &[u8], etag: Option<String>) -> Option<Observation> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let text = |name| value.get(name)?.as_str().map(str::to_owned);
    let number = |name| value.get(name)?.as_f64().filter(|it| it.is_finite());
    Some(Observation {
        city: text("city")?,
        observed_at: text("observed_at")?,
        condition: text("condition")?,
        kelvin: number("temp_k")?,
        metres_per_second: number("wind_ms")?,
        humidity: number("humidity")?,
        etag,
    })
}

/// How long the service wants to be left alone: seconds, a date, or one second where neither is told.
fn measure(retry_after: Option<&str>) -> Duration {
    let text = retry_after.unwrap_or("").trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Duration::from_secs(text.parse().unwrap_or(LONGEST).min(LONGEST));
    }
    let date = DATES.iter().find_map(|form| DateTime::strptime(form, text).ok());
    let until = date.and_then(|date| TimeZone::UTC.to_timestamp(date).ok());
    match until.map(|until| until.as_millisecond() - Timestamp::now().as_millisecond()) {
        Some(left) => Duration::from_millis(u64::try_from(left).unwrap_or(0).min(LONGEST * 1000)),
        None => Duration::from_secs(1),
    }
}

/// Everything but letters and digits, byte by byte: a space is `%20`, which every server reads.
fn escape(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
