//! What the tests of this day share: the service, receivers, and a DNS server that answers as a test tells it.

mod dns;
mod network;

pub use dns::Dns;
pub use network::receiver_and_decoy;

use data_encoding::BASE64;
use harness::{Launch, Program, expect};
use harness_net::{Answer, Http, Received, Reply, Upstream, eventually, eventually_ok};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::{
    ops::Deref,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// How long anything may take (before stretching).
pub const PATIENCE: Duration = Duration::from_secs(10);

/// The service, and a client whose methods it lends.
#[derive(Debug)]
pub struct Service {
    pub program: Program,
    pub client: Client,
}

/// A client that tasks can have a copy of.
#[derive(Debug, Clone)]
pub struct Client {
    pub http: Http,
}

/// What a receiver knows of its endpoint.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub id: String,
    pub secret: String,
}

impl Deref for Service {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Service {
    pub fn start() -> Service {
        Service::with(&[])
    }

    /// A service that may call 127.0.0.1 and nothing else of this machine, and tries again soon, with these further arguments.
    pub fn with(arguments: &[&str]) -> Service {
        Service::launched(Launch::service().args(["--allow-cidr", "127.0.0.1/32"]), arguments)
    }

    /// A service with nothing but these arguments, and short waits.
    pub fn launched(launch: Launch, arguments: &[&str]) -> Service {
        let launch = if arguments.contains(&"--retry-ms") { launch } else { launch.args(["--retry-ms", "20,40,80"]) };
        let program = launch.args(arguments).data_dir().start();
        let client = Client { http: Http::to(&program) };
        Service { program, client }
    }

    /// SIGKILL, and a new start on the same data.
    pub fn kill_and_restart(&mut self) {
        self.program.kill();
        self.program.start_again();
        self.client = Client { http: Http::to(&self.program) };
    }
}

impl Client {
    pub async fn register(&self, draft: &Value) -> Reply {
        self.http.post("/endpoints").json(draft).send().await
    }

    /// An endpoint for all events.
    pub async fn endpoint(&self, url: &str) -> Endpoint {
        self.endpoint_of(&json!({"url": url})).await
    }

    pub async fn endpoint_of(&self, draft: &Value) -> Endpoint {
        let reply = self.register(draft).await;
        reply.expect("an endpoint is registered").status(201).json_at("/disabled", false);
        let endpoint = Endpoint { id: reply.text_at("/id"), secret: reply.text_at("/secret") };
        reply.expect("Location is its path").header("location", &format!("/endpoints/{}", endpoint.id));
        endpoint
    }

    pub async fn show_endpoint(&self, endpoint: &Endpoint) -> Reply {
        let reply = self.http.get(&format!("/endpoints/{}", endpoint.id)).send().await;
        reply.expect("an endpoint can be read").status(200).media_type("application/json");
        reply
    }

    /// An event for `count` endpoints, as these bytes and with this key; returns its id.
    pub async fn event_of(&self, body: impl Into<Vec<u8>>, key: Option<&str>, count: usize) -> String {
        let call = self.http.post("/events").header("content-type", "application/json").body(body);
        let call = match key {
            Some(key) => call.header("ordering-key", key),
            None => call,
        };
        let reply = call.send().await;
        reply.expect("an event is taken, for all who want it").status(202).json_at("/deliveries", count);
        reply.text_at("/id")
    }

    /// An event for one endpoint.
    pub async fn event(&self, kind: &str) -> String {
        self.event_of(body(kind, 0), None, 1).await
    }

    pub async fn deliveries(&self, query: &str) -> Vec<Value> {
        let reply = self.http.get(&format!("/deliveries{query}")).send().await;
        reply.expect("deliveries can be listed").status(200).media_type("application/json");
        match reply.at("/deliveries") {
            Value::Array(deliveries) => deliveries,
            other => expect("deliveries is a list").request(reply.curl()).fail(other),
        }
    }

    pub async fn delivery(&self, id: i64) -> Reply {
        let reply = self.http.get(&format!("/deliveries/{id}")).send().await;
        reply.expect("a delivery can be read").status(200).media_type("application/json");
        reply
    }

    /// The one delivery of this event.
    pub async fn delivery_of(&self, event: &str) -> Reply {
        let list = self.deliveries(&format!("?event={event}")).await;
        let id = list.first().and_then(|delivery| delivery["id"].as_i64());
        match id {
            Some(id) => self.delivery(id).await,
            None => expect("the event has a delivery with a number for its id").fail(json!(list)),
        }
    }

    /// Waits until the one delivery of this event has this status.
    pub async fn until(&self, event: &str, status: &str) -> Reply {
        let requirement = format!("the delivery is {status} in the end");
        eventually_ok(&requirement, PATIENCE, || async {
            let reply = self.delivery_of(event).await;
            let now = reply.text_at("/status");
            if now != "pending" {
                reply.expect(&requirement).json_at("/status", status);
            }
            if now == status { Ok(reply) } else { Err(reply.describe()) }
        })
        .await
    }

    /// Waits until the one delivery of this event is not pending any more.
    pub async fn until_end(&self, event: &str) -> Reply {
        eventually_ok("the delivery ends, well or badly", PATIENCE, || async {
            let reply = self.delivery_of(event).await;
            if reply.at("/status") == "pending" { Err(reply.describe()) } else { Ok(reply) }
        })
        .await
    }

    /// Waits until so many attempts at the one delivery of this event are in its log.
    pub async fn until_attempts(&self, event: &str, count: usize) -> Reply {
        eventually_ok(&format!("{count} attempts are in the log"), PATIENCE, || async {
            let reply = self.delivery_of(event).await;
            if log(&reply).len() >= count { Ok(reply) } else { Err(reply.describe()) }
        })
        .await
    }

    pub async fn replay(&self, wanted: &Value) -> Reply {
        self.http.post("/replay").json(wanted).send().await
    }

    /// A new secret.
    pub async fn rotate(&self, endpoint: &Endpoint) -> Endpoint {
        let reply = self.http.post(&format!("/endpoints/{}/rotate", endpoint.id)).send().await;
        reply.expect("a secret can be rotated").status(200);
        Endpoint { id: endpoint.id.clone(), secret: reply.text_at("/secret") }
    }
}

/// The attempts of a delivery.
pub fn log(delivery: &Reply) -> Vec<Value> {
    match delivery.at("/log") {
        Value::Array(log) => log,
        other => expect("log is a list of attempts").request(delivery.curl()).fail(other),
    }
}

/// The statuses that the receiver has answered, and the errors where it has not.
pub fn outcomes(delivery: &Reply) -> Vec<Value> {
    let outcome =
        |attempt: &Value| if attempt["status"].is_null() { &attempt["error"] } else { &attempt["status"] }.clone();
    log(delivery).iter().map(outcome).collect()
}

/// The moment at `pointer` of a delivery, in milliseconds since 1970.
pub fn moment_at(delivery: &Reply, pointer: &str) -> i64 {
    let text = delivery.text_at(pointer);
    match text.parse::<jiff::Timestamp>() {
        Ok(moment) => moment.as_millisecond(),
        Err(error) => expect(format!("{pointer} is a time by RFC 3339")).request(delivery.curl()).fail(error),
    }
}

/// An event of this type, with a number.
pub fn body(kind: &str, number: usize) -> String {
    json!({"type": kind, "timestamp": "2025-11-25T12:00:00Z", "data": {"number": number}}).to_string()
}

/// A receiver that takes everything.
pub fn receiver() -> Upstream {
    Upstream::start(|_| Answer::new(204, ""))
}

/// A receiver that answers so to its first requests, and then takes everything.
pub fn receiver_after(answers: impl IntoIterator<Item = Answer>) -> Upstream {
    let receiver = receiver();
    for answer in answers {
        receiver.next(answer);
    }
    receiver
}

/// A receiver that answers this to everything.
pub fn receiver_saying(status: u16) -> Upstream {
    Upstream::start(move |_| Answer::new(status, "no"))
}

/// Waits until a receiver has so many requests, and returns all of them.
pub async fn until_received(receiver: &Upstream, count: usize) -> Vec<Received> {
    eventually(&format!("the receiver gets {count} requests"), PATIENCE, || async {
        let received = receiver.received();
        (received.len() >= count).then_some(received)
    })
    .await
}

/// The header, or a failure.
pub fn header<'a>(received: &'a Received, name: &str) -> &'a str {
    match received.header(name) {
        Some(value) => value,
        None => expect(format!("each attempt has a header {name}")).fail(format!("{:?}", received.headers)),
    }
}

pub fn id(received: &Received) -> String {
    header(received, "webhook-id").to_owned()
}

pub fn ids(received: &[Received]) -> Vec<String> {
    received.iter().map(id).collect()
}

/// The number of the event that this is.
pub fn number(received: &Received) -> i64 {
    received.json()["data"]["number"].as_i64().unwrap_or(-1)
}

/// `webhook-timestamp`, seconds since 1970.
pub fn timestamp(received: &Received) -> u64 {
    match header(received, "webhook-timestamp").parse() {
        Ok(seconds) => seconds,
        Err(error) => expect("webhook-timestamp is a number of seconds").fail(error),
    }
}

/// A signature as the specification has it.
pub fn signature(secret: &str, received: &Received) -> String {
    let key = secret.strip_prefix("whsec_").and_then(|text| BASE64.decode(text.as_bytes()).ok());
    let Some(key) = key else { expect("a secret is whsec_ and Base64").fail(secret) };
    expect("a secret has 24 to 64 bytes").that((24..=64).contains(&key.len()), key.len());
    let mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key of any length will do");
    let head = format!("{}.{}.", header(received, "webhook-id"), header(received, "webhook-timestamp"));
    let mac = mac.chain_update(head.as_bytes()).chain_update(&received.body).finalize().into_bytes();
    format!("v1,{}", BASE64.encode(&mac))
}

/// How many of these secrets have signed it.
pub fn signed_by(received: &Received, secrets: &[&str]) -> Vec<bool> {
    let signatures: Vec<_> = header(received, "webhook-signature").split(' ').collect();
    secrets.iter().map(|secret| signatures.contains(&signature(secret, received).as_str())).collect()
}

/// A receiver has to be able to trust it.
pub fn expect_signed(received: &Received, secret: &str) {
    expect("webhook-signature is v1, and the Base64 of the HMAC-SHA256 of {id}.{timestamp}.{body} under the secret")
        .eq(header(received, "webhook-signature"), signature(secret, received));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    expect("webhook-timestamp is the moment of the attempt")
        .that(now.abs_diff(timestamp(received)) <= 60, timestamp(received));
}
