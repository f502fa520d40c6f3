//! What the tests of this day share: a store, clients for its services, and a judge of histories.

pub mod history;
pub mod proto;
mod request;
mod watch;

pub use proto::{
    etcdserverpb::{
        Compare, DeleteRangeRequest, LeaseGrantRequest, LeaseKeepAliveRequest, LeaseLeasesRequest,
        LeaseTimeToLiveRequest, PutRequest, RangeRequest, RequestOp, ResponseHeader, ResponseOp, TxnRequest,
        WatchCreateRequest,
    },
    mvccpb::{Event, KeyValue, event::EventType},
};
pub use request::{
    Rpc, absent, as_range, at, compact, created, delete, delete_prefix, event, everything, get, grant, prefix, put,
    range, revoke, text, unchanged,
};
pub use watch::{Told, watch, watch_prefix};

use harness::{Launch, Program, Random, expect, timeout};
use harness_net::within;
use proto::etcdserverpb::{
    LeaseGrantResponse, LeaseKeepAliveResponse, kv_client::KvClient, lease_client::LeaseClient,
    watch_client::WatchClient,
};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{
    Code, Status,
    transport::{Channel, Endpoint},
};

/// How long an answer, or something that the program does in its own time, may take (before stretching).
pub const PATIENCE: Duration = Duration::from_secs(10);
/// Watches can answer with much at once; the usual 4 MiB are a limit of this client's.
const LARGEST_MESSAGE: usize = 64 << 20;

/// The program under test, with a data folder of its own.
#[derive(Debug)]
pub struct Store {
    pub program: Program,
}

impl Store {
    pub fn start() -> Store {
        Store { program: Launch::service().data_dir().start() }
    }

    /// A store for which a second of a lease lasts so many milliseconds.
    pub fn with_second(milliseconds: u64) -> Store {
        let launch = Launch::service().data_dir().arg("--second-ms").arg(milliseconds.to_string());
        Store { program: launch.start() }
    }

    /// A client with a connection of its own.
    pub async fn client(&self) -> Client {
        Client::connect(self.program.address()).await
    }

    /// SIGKILL, and a new start on the same data.
    pub async fn kill_and_start_again(&mut self) -> Client {
        self.program.kill();
        self.program.start_again();
        self.client().await
    }
}

/// A client with one connection; clones share it.
#[derive(Debug, Clone)]
pub struct Client {
    kv: KvClient<Channel>,
    watch: WatchClient<Channel>,
    lease: LeaseClient<Channel>,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Client {
        let requirement = "the program accepts connections at the address that it has announced";
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address makes a URL");
        let connected = within(requirement, PATIENCE, endpoint.connect()).await;
        let channel = connected.unwrap_or_else(|error| expect(requirement).fail(format!("{error:?}")));
        Client {
            kv: KvClient::new(channel.clone()).max_decoding_message_size(LARGEST_MESSAGE),
            watch: WatchClient::new(channel.clone()).max_decoding_message_size(LARGEST_MESSAGE),
            lease: LeaseClient::new(channel),
        }
    }

    /// The answer of the program, whatever it is.
    pub async fn try_send<R: Rpc>(&self, request: R) -> Result<R::Response, Status> {
        let shown = request.shown();
        match tokio::time::timeout(timeout(PATIENCE), request.call(self)).await {
            Ok(answer) => answer,
            Err(_) => expect("every request is answered").request(shown).expected("an answer").fail("silence"),
        }
    }

    /// The answer to a request that is not to be refused.
    pub async fn send<R: Rpc>(&self, request: R) -> R::Response {
        let shown = request.shown();
        match self.try_send(request).await {
            Ok(response) => response,
            Err(status) => expect("a request that is in order is answered with status OK")
                .request(shown)
                .expected("OK")
                .fail(words(&status)),
        }
    }

    /// The request has to be refused with this status and message.
    pub async fn refused<R: Rpc>(&self, requirement: &str, request: R, code: Code, message: &str) {
        let shown = request.shown();
        let wanted = expect(requirement).request(shown).expected(format!("{code:?}: {message}"));
        match self.try_send(request).await {
            Ok(_) => wanted.fail("OK"),
            Err(status) => wanted.that(status.code() == code && status.message() == message, words(&status)),
        }
    }

    /// The revision of a put that has to work.
    pub async fn put(&self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> i64 {
        revision(self.send(put(key, value)).await.header)
    }

    /// The value of a key.
    pub async fn value(&self, key: impl AsRef<[u8]>) -> Option<Vec<u8>> {
        self.key(key).await.map(|kv| kv.value)
    }

    /// A key with all that belongs to it.
    pub async fn key(&self, key: impl AsRef<[u8]>) -> Option<KeyValue> {
        self.send(get(key)).await.kvs.into_iter().next()
    }

    /// The newest revision of the store.
    pub async fn revision(&self) -> i64 {
        revision(self.send(get("any")).await.header)
    }

    /// The answer to one request to keep a lease alive.
    pub async fn keep_alive(&self, id: i64) -> LeaseKeepAliveResponse {
        let requirement = "LeaseKeepAlive answers each request";
        let (sender, requests) = tokio::sync::mpsc::channel(1);
        let _ = sender.send(LeaseKeepAliveRequest { id }).await;
        let answer = async {
            let mut answers = self.lease.clone().lease_keep_alive(ReceiverStream::new(requests)).await?.into_inner();
            answers.message().await
        };
        let wanted = expect(requirement).request(format!("LeaseKeepAlive of {id}")).expected("an answer");
        match within(requirement, PATIENCE, answer).await {
            Ok(Some(answer)) => answer,
            Ok(None) => wanted.fail("the end of the stream"),
            Err(status) => wanted.fail(words(&status)),
        }
    }

    /// Grants a lease, puts these keys with it, and returns it with the moment before that. On a machine that stands
    /// still meanwhile a short lease is over too early; then all this is done again.
    pub async fn bind(&self, ttl: i64, keys: &[&String]) -> (LeaseGrantResponse, Instant) {
        for _ in 0..20 {
            let since = Instant::now();
            let lease = self.send(grant(ttl)).await;
            let puts = keys.iter().map(|key| PutRequest { lease: lease.id, ..put(key, "x") }.into()).collect();
            let answer = self.try_send(TxnRequest { success: puts, ..TxnRequest::default() }).await;
            match answer {
                Ok(_) => return (lease, since),
                Err(status) if status.code() == Code::NotFound => {}
                Err(status) => expect("keys can be put with a lease").fail(words(&status)),
            }
        }
        expect("keys can be put with a lease that was just granted")
            .request(format!("LeaseGrant TTL {ttl}, and at once a Txn with a Put, twenty times"))
            .fail("the lease is not there")
    }

    /// Waits until a key is not there any more; returns how long after `since` that was seen.
    pub async fn wait_until_gone(&self, requirement: &str, key: &str, since: Instant) -> Duration {
        harness_net::eventually(requirement, PATIENCE, || async {
            self.key(key).await.is_none().then(|| since.elapsed())
        })
        .await
    }
}

/// The revision of a header, which every answer has.
pub fn revision(header: Option<ResponseHeader>) -> i64 {
    match header {
        Some(header) => header.revision,
        None => expect("every answer has a header with the store's revision").fail("an answer without a header"),
    }
}

/// A gRPC status as the page writes it.
pub fn words(status: &Status) -> String {
    format!("{:?}: {}", status.code(), status.message())
}

/// A key with all that belongs to it, in words.
pub fn kv_words(kv: &KeyValue) -> String {
    let KeyValue { key, value, create_revision, mod_revision, version, lease } = kv;
    let numbers = format!("create_revision {create_revision}, mod_revision {mod_revision}, version {version}");
    let lease = if *lease == 0 { String::new() } else { format!(", lease {lease}") };
    format!("{} = {}: {numbers}{lease}", text(key), text(value))
}

/// An event in words.
pub fn event_words(event: &Event) -> String {
    let kv = event.kv.clone().unwrap_or_default();
    let previous = event.prev_kv.as_ref().map_or_else(String::new, |kv| format!(", before {}", kv_words(kv)));
    match event.r#type() {
        EventType::Put => format!("PUT {}{previous}", kv_words(&kv)),
        EventType::Delete => format!("DELETE {}{previous}", kv_words(&kv)),
    }
}

/// The keys have to be these, in this order, with all their numbers.
#[track_caller]
pub fn expect_kvs(requirement: &str, request: impl Rpc, actual: &[KeyValue], expected: &[KeyValue]) {
    expect_lines(requirement, request.shown(), actual.iter().map(kv_words), expected.iter().map(kv_words));
}

/// The events have to be these, in this order.
#[track_caller]
pub fn expect_events(requirement: &str, request: impl Into<String>, actual: &[Event], expected: &[Event]) {
    expect_lines(requirement, request.into(), actual.iter().map(event_words), expected.iter().map(event_words));
}

#[track_caller]
fn expect_lines(
    requirement: &str,
    request: String,
    actual: impl Iterator<Item = String>,
    expected: impl Iterator<Item = String>,
) {
    let lines = |lines: Vec<String>| if lines.is_empty() { "nothing".to_owned() } else { lines.join("\n") };
    let (actual, expected) = (lines(actual.collect()), lines(expected.collect()));
    expect(requirement).request(request).expected(expected.clone()).that(actual == expected, actual);
}

/// A key with a random name below `/`.
pub fn key(random: &mut Random) -> String {
    format!("/{}", random.name())
}
