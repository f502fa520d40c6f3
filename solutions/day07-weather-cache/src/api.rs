//! HTTP: from a query to a city, and from what is known about it to a response.

use crate::{
    upstream::{Observation, Trouble},
    weather::{Known, Source, Weather},
};
use axum::{
    Router,
    extract::{Query, State},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use plumbing::{Json, Problem};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Longer names are no cities.
const CITY_CHARS: usize = 80;

const X_CACHE: HeaderName = HeaderName::from_static("x-cache");

/// The service.
pub fn app(weather: Weather) -> Router {
    plumbing::with_fallbacks(Router::new().route("/weather", get(current))).with_state(weather)
}

/// What stands behind the `?`.
#[derive(Debug, Deserialize)]
struct Wanted {
    city: Option<String>,
    units: Option<String>,
}

/// The weather as clients get it.
#[derive(Debug, Serialize)]
struct Report<'a> {
    city: &'a str,
    observed_at: &'a str,
    condition: &'a str,
    humidity_percent: f64,
    temperature: f64,
    wind: f64,
    units: Units,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum Units {
    Metric,
    Imperial,
}

async fn current(State(weather): State<Weather>, Query(wanted): Query<Wanted>) -> Result<Response, Problem> {
    let city = city(wanted.city.as_deref().unwrap_or_default())?;
    let units = match wanted.units.as_deref() {
        None | Some("metric") => Units::Metric,
        Some("imperial") => Units::Imperial,
        Some(_) => return Err(Problem::invalid("units", "units must be metric or imperial")),
    };
    match weather.current(city).await {
        Ok(known) => Ok(respond(&known, units)),
        Err(trouble) => Ok(refuse(&trouble)),
    }
}

fn city(text: &str) -> Result<&str, Problem> {
    let city = text.trim();
    let length = city.chars().count();
    if length == 0 || length > CITY_CHARS || city.chars().any(char::is_control) {
        return Err(Problem::invalid("city", format!("city must have 1 to {CITY_CHARS} characters")));
    }
    Ok(city)
}

fn respond(known: &Known, units: Units) -> Response {
    let source = match known.source {
        Source::Hit => "hit",
        Source::Miss => "miss",
        Source::Stale => "stale",
        Source::Revalidated => "revalidated",
    };
    let headers = [(X_CACHE, source.to_owned()), (header::AGE, known.age.as_secs().to_string())];
    (headers, Json(report(&known.observation, units))).into_response()
}

fn report(observation: &Observation, units: Units) -> Report<'_> {
    let (temperature, wind) = match units {
        Units::Metric => (observation.temp_k - 273.15, observation.wind_ms * 3.6),
        Units::Imperial => (observation.temp_k * 9.0 / 5.0 - 459.67, observation.wind_ms * 3600.0 / 1609.344),
    };
    Report {
        city: &observation.city,
        observed_at: &observation.observed_at,
        condition: &observation.condition,
        humidity_percent: (observation.humidity * 100.0).round(),
        temperature: to_tenths(temperature),
        wind: to_tenths(wind),
        units,
    }
}

/// One decimal. Adding zero turns a negative zero, which would be shown as `-0.0`, into a zero.
fn to_tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0 + 0.0
}

fn refuse(trouble: &Trouble) -> Response {
    match trouble {
        Trouble::UnknownCity => Problem::not_found("the weather service knows no such city").into_response(),
        Trouble::Slow => Problem::new(StatusCode::GATEWAY_TIMEOUT, "the weather service took too long").into_response(),
        // The cause is in our log: it is about our dealings with somebody else, and not the client's business.
        Trouble::Bad(_) => {
            Problem::new(StatusCode::BAD_GATEWAY, "the weather service gave no usable answer").into_response()
        }
        Trouble::Busy(wait) => {
            let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the weather service needs a pause");
            ([(header::RETRY_AFTER, whole_seconds(*wait).to_string())], problem).into_response()
        }
    }
}

/// Rounded up: whoever comes back at the end of the last second must not be too early.
fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}
