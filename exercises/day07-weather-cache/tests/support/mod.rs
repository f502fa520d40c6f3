//! What the tests of this day share.

use harness::{Launch, Program, Random, expect};
use harness_net::{Answer, Http, Received, Reply, Upstream, eventually};
use serde_json::{Value, json};
use std::time::Duration;

/// What the program must never show.
pub const KEY: &str = "k3y-5ecret-77";

/// A program, a client for it, and the weather service behind it.
#[derive(Debug)]
pub struct Front {
    pub program: Program,
    pub http: Http,
    pub upstream: Upstream,
}

/// A front with these arguments, before a weather service that knows every city. Nothing is retried unless asked for.
pub fn front(arguments: &[&str]) -> Front {
    front_of(sunny, arguments)
}

/// A front before a weather service with this script.
pub fn front_of(script: impl FnMut(&Received) -> Answer + Send + 'static, arguments: &[&str]) -> Front {
    let upstream = Upstream::start(script);
    let launch = Launch::service().env("UPSTREAM_KEY", KEY).args(["--upstream", &upstream.url()]);
    let launch = if arguments.contains(&"--retries") { launch } else { launch.args(["--retries", "0"]) };
    let program = launch.args(arguments).start();
    let http = Http::to(&program);
    Front { program, http, upstream }
}

impl Front {
    /// Asks for a city.
    pub async fn get(&self, city: &str) -> Reply {
        self.http.get(&path(city)).send().await
    }

    /// Asks for a city that has to be there.
    pub async fn read(&self, city: &str) -> Reply {
        let reply = self.get(city).await;
        reply.expect("the weather of a city can be read").status(200).media_type("application/json");
        reply
    }

    /// Asks for a city until the answer comes from this source, and returns that answer.
    pub async fn until(&self, city: &str, source: &str) -> Reply {
        eventually(&format!("the answer for {city} is a {source} at some time"), Duration::from_secs(10), || async {
            let reply = self.get(city).await;
            (reply.header("x-cache") == Some(source)).then_some(reply)
        })
        .await
    }

    /// How often the weather service was asked for a city.
    pub fn calls(&self, city: &str) -> usize {
        self.upstream.received().iter().filter(|received| city_of(received) == city).count()
    }

    /// Waits until the weather service was asked so often in all.
    pub async fn until_called(&self, count: usize) {
        eventually(&format!("the weather service is asked {count} times"), Duration::from_secs(10), || async {
            (self.upstream.count() >= count).then_some(())
        })
        .await;
    }

    /// The weather service was asked so often in all, and not more often.
    #[track_caller]
    pub fn expect_calls(&self, requirement: &str, count: usize) {
        let targets: Vec<_> = self.upstream.received().iter().map(|received| received.target.clone()).collect();
        expect(requirement)
            .expected(format!("{count} calls of the weather service in all"))
            .that(targets.len() == count, format!("{} calls: {}", targets.len(), targets.join(", ")));
    }
}

/// The path for a city, whatever its characters.
pub fn path(city: &str) -> String {
    let encoded: String = city.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("/weather?city={encoded}")
}

/// The source of an answer has to be this.
#[track_caller]
pub fn expect_source(requirement: &str, reply: &Reply, source: &str) {
    reply.expect(requirement).status(200).header("x-cache", source);
}

/// The observation of any city.
pub fn observation(city: &str) -> Value {
    json!({
        "city": city,
        "observed_at": "2026-01-31T08:15:00Z",
        "temp_k": 281.65,
        "wind_ms": 4.5,
        "humidity": 0.62,
        "condition": "sunny"
    })
}

/// Knows every city.
pub fn sunny(received: &Received) -> Answer {
    Answer::json(200, &observation(&city_of(received)))
}

/// The city that the weather service was asked for.
pub fn city_of(received: &Received) -> String {
    parameter(received, "city").unwrap_or_default()
}

/// A parameter of a request, decoded.
pub fn parameter(received: &Received, name: &str) -> Option<String> {
    let (_, query) = received.target.split_once('?')?;
    let pair = query.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name));
    pair.map(|(_, value)| decoded(value))
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        match (first, code.and_then(|code| u8::from_str_radix(code, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A city that no other test and no other call uses.
pub fn city(random: &mut Random) -> String {
    format!("{} {}", random.name(), random.word())
}
