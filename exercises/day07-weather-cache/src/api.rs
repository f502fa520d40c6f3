//! HTTP: from a query to a city, and from what is known about it to a response.

use crate::{
    upstream::{Observation, Trouble},
    weather::{Known, Source, Weather},
};
use axum::{
    Router,
    extract::{Query, State},
    http::{HeaderName, header},
    response::{IntoResponse, Response},
    routing::get,
};
use plumbing::{Json, Problem};
use serde::{Deserialize, Serialize};

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
    // Any text is a city, for the time being.
    let _limit = CITY_CHARS;
    Ok(text)
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
    let Observation { city, observed_at, temp_k, wind_ms, humidity, condition } = observation;
    let (temperature, wind) = match units {
        Units::Metric => (*temp_k, *wind_ms),
        Units::Imperial => todo!("{temp_k} K in degrees Fahrenheit and {wind_ms} m/s in miles per hour"),
    };
    Report { city, observed_at, condition, humidity_percent: *humidity, temperature, wind, units }
}

fn refuse(trouble: &Trouble) -> Response {
    match trouble {
        Trouble::UnknownCity => Problem::not_found("the weather service knows no such city").into_response(),
        Trouble::Slow => todo!("answer that it took too long"),
        Trouble::Bad(why) => todo!("answer that it failed, and log {why}"),
        Trouble::Busy(wait) => todo!("answer that it needs a pause of {wait:?}"),
    }
}
