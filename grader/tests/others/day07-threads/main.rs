//! Day 7 with threads: each client has one, each call has one, and whoever waits for a call sleeps on its condition variable.

mod desk;
mod upstream;

use desk::{Desk, Entry, Rules, Turn};
use others::{Options, Reply, Request, serve};
use serde_json::json;
use std::{
    env,
    process::ExitCode,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, sleep},
    time::{Duration, Instant},
};
use upstream::{Outcome, Upstream};
use url::Url;

const OPTIONS: [&str; 10] = [
    "listen",
    "upstream",
    "ttl-ms",
    "stale-ms",
    "timeout-ms",
    "retries",
    "retry-ms",
    "capacity",
    "breaker-failures",
    "breaker-ms",
];

struct Service {
    desk: Mutex<Desk>,
    upstream: Upstream,
}

fn main() -> ExitCode {
    let options = Options::read(&OPTIONS, &[]);
    let time = |name, default| Duration::from_millis(options.value(name, default));
    let Some(address) = options.text("upstream").as_deref().and_then(address) else {
        eprintln!("error: --upstream names the weather service, as http://127.0.0.1:9000");
        return ExitCode::from(2);
    };
    let service = Arc::new(Service {
        desk: Mutex::new(Desk::new(Rules {
            ttl: time("ttl-ms", "60000"),
            stale: time("stale-ms", "600000"),
            capacity: options.value("capacity", "1000"),
            breaker_failures: options.value("breaker-failures", "5"),
            breaker: time("breaker-ms", "5000"),
        })),
        upstream: Upstream {
            address,
            key: env::var("UPSTREAM_KEY").unwrap_or_default(),
            timeout: time("timeout-ms", "2000"),
            retries: options.value("retries", "1"),
            retry: time("retry-ms", "100"),
        },
    });
    // Somebody's program takes its time to start.
    sleep(Duration::from_secs(1));
    match serve(options.value("listen", "127.0.0.1:8080"), 1024, move |request| answer(&service, &request)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: cannot serve: {error}");
            ExitCode::FAILURE
        }
    }
}

fn address(url: &str) -> Option<String> {
    let url = Url::parse(url).ok().filter(|url| url.scheme() == "http")?;
    Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
}

fn answer(service: &Arc<Service>, request: &Request) -> Reply {
    if request.path != "/weather" {
        return Reply::problem(404, "there is only /weather");
    }
    if request.method != "GET" && request.method != "HEAD" {
        return Reply::problem(405, "the weather can only be read").with("Allow", "GET, HEAD");
    }
    let city = request.parameter("city").unwrap_or_default();
    let city = city.trim();
    if !(1..=80).contains(&city.chars().count()) || city.chars().any(char::is_control) {
        return Reply::problem(422, "city has 1 to 80 characters, none of them a control character");
    }
    let imperial = match request.parameter("units").as_deref() {
        None | Some("metric") => false,
        Some("imperial") => true,
        Some(_) => return Reply::problem(422, "units is metric or imperial"),
    };
    weather(service, city, imperial)
}

fn weather(service: &Arc<Service>, city: &str, imperial: bool) -> Reply {
    let key = city.to_lowercase();
    let turn = service.desk().enter(&key);
    let flight = match turn {
        Turn::Fresh(entry) => return show(&entry, "hit", imperial),
        Turn::Closed(until) => return failed(service, &key, &Outcome::Busy(until), imperial),
        Turn::Join(flight) => flight,
        Turn::Call { flight, known, probe } => {
            let (service, name, key, landing) =
                (Arc::clone(service), city.to_owned(), key.clone(), Arc::clone(&flight));
            // The call belongs to no client, so it does not end with the one that caused it.
            thread::spawn(move || {
                let known = known.as_ref().map(|entry| &entry.observation);
                let outcome = service.upstream.call(&name, known, || service.desk().paused(Instant::now()));
                service.desk().leave(&key, &outcome, probe);
                landing.land(outcome);
            });
            flight
        }
    };
    match flight.wait() {
        Outcome::Found { observation, fetched, confirmed } => {
            let origin = if confirmed { "revalidated" } else { "miss" };
            show(&Entry::new(observation, fetched), origin, imperial)
        }
        outcome => failed(service, &key, &outcome, imperial),
    }
}

fn failed(service: &Service, key: &str, outcome: &Outcome, imperial: bool) -> Reply {
    if !matches!(outcome, Outcome::Unknown)
        && let Some(entry) = service.desk().stand_in(key)
    {
        return show(&entry, "stale", imperial);
    }
    match outcome {
        Outcome::Unknown => Reply::problem(404, "the weather service knows no such city"),
        Outcome::Late => Reply::problem(504, "the weather service did not answer in time"),
        Outcome::Busy(until) => {
            let left = until.saturating_duration_since(Instant::now());
            let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
            Reply::problem(503, "the weather service is left alone").with("Retry-After", seconds.to_string())
        }
        Outcome::Bad | Outcome::Found { .. } => Reply::problem(502, "the weather service did not answer as it should"),
    }
}

fn show(entry: &Entry, origin: &str, imperial: bool) -> Reply {
    let it = &entry.observation;
    let (units, temperature, wind) = if imperial {
        ("imperial", it.kelvin * 9.0 / 5.0 - 459.67, it.metres_per_second * 3600.0 / 1609.344)
    } else {
        ("metric", it.kelvin - 273.15, it.metres_per_second * 3.6)
    };
    let body = json!({
        "units": units,
        "wind": tenths(wind),
        "temperature": tenths(temperature),
        "humidity_percent": (it.humidity * 100.0).round() as i64,
        "condition": it.condition,
        "observed_at": it.observed_at,
        "city": it.city,
    });
    let age = Instant::now().saturating_duration_since(entry.fetched).as_secs();
    Reply::json(200, &body).with("X-Cache", origin).with("Age", age.to_string())
}

/// Rounded to one decimal; adding zero makes -0 a plain one.
fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0 + 0.0
}

impl Service {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
