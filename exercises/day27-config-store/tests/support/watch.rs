//! A stream of watches.

use super::{
    Client, Event, KeyValue, PATIENCE, WatchCreateRequest, expect, kv_words,
    proto::etcdserverpb::{WatchCancelRequest, WatchRequest, WatchResponse, watch_request::RequestUnion},
    request::{after_prefix, text},
    revision, within, words,
};
use std::collections::VecDeque;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

/// A watch of one key.
pub fn watch(key: impl AsRef<[u8]>, start_revision: i64) -> WatchCreateRequest {
    WatchCreateRequest { key: key.as_ref().to_vec(), start_revision, ..WatchCreateRequest::default() }
}

/// A watch of all keys that begin like this.
pub fn watch_prefix(prefix: impl AsRef<[u8]>, start_revision: i64) -> WatchCreateRequest {
    WatchCreateRequest { range_end: after_prefix(prefix.as_ref()), ..watch(prefix, start_revision) }
}

/// What one watch told of.
#[derive(Debug)]
pub struct Told {
    pub shown: String,
    /// The first revision that it had to tell of.
    pub from: i64,
    pub revisions: Vec<i64>,
}

impl Told {
    /// Each revision up to and with `last` has to be there once, in order.
    #[track_caller]
    pub fn expect_each_up_to(&self, last: i64, requirement: &str) {
        let expected: Vec<_> = (self.from..=last).collect();
        let wrong = expected.iter().zip(&self.revisions).find(|(expected, told)| expected != told);
        let actual = match wrong {
            Some((expected, told)) => format!("{told} where {expected} should be"),
            None => format!("{} revisions", self.revisions.len()),
        };
        expect(requirement)
            .request(&self.shown)
            .expected(format!("each revision from {} to {last}", self.from))
            .that(self.revisions == expected, actual);
    }
}

/// One stream of watches, with the watch that it was opened for.
#[derive(Debug)]
pub struct Watching {
    requests: mpsc::Sender<WatchRequest>,
    responses: Streaming<WatchResponse>,
    /// Came in while something else was waited for.
    waiting: VecDeque<WatchResponse>,
    /// What was sent, for failures.
    pub shown: String,
    /// Of the watch that the stream was opened for.
    pub id: i64,
    /// The store's revision when that watch was created.
    pub revision: i64,
}

impl Client {
    /// Opens a stream, and makes a watch in it.
    pub async fn watch(&self, create: WatchCreateRequest) -> Watching {
        let shown = shown(&create);
        let (requests, receiver) = mpsc::channel(16);
        let _ = requests.send(create_request(create)).await;
        let requirement = "a watch is answered";
        // A server may send the head of its answer with the first message.
        let opened = within(requirement, PATIENCE, self.watch.clone().watch(ReceiverStream::new(receiver))).await;
        let wanted = expect(requirement).request(&shown).expected("a stream");
        let responses = opened.unwrap_or_else(|status| wanted.fail(words(&status))).into_inner();
        let mut watching = Watching { requests, responses, waiting: VecDeque::new(), shown, id: -1, revision: 0 };
        (watching.id, watching.revision) = watching.created().await;
        watching
    }
}

impl Watching {
    /// One more watch in this stream: its id, and the store's revision.
    pub async fn create(&mut self, create: WatchCreateRequest) -> (i64, i64) {
        self.shown = format!("{}\n{}", self.shown, shown(&create));
        let _ = self.requests.send(create_request(create)).await;
        self.created().await
    }

    async fn created(&mut self) -> (i64, i64) {
        let requirement = "a create_request is answered with `created`";
        let created = self.find(requirement, |response| response.created).await;
        expect(requirement)
            .request(&self.shown)
            .expected("a watch that goes on")
            .that(!created.canceled || created.compact_revision > 0, format!("canceled, {:?}", created.cancel_reason));
        (created.watch_id, revision(created.header))
    }

    /// Ends a watch, and waits until the program knows.
    pub async fn cancel(&mut self, id: i64) {
        self.shown = format!("{}\ncancel_request of watch {id}", self.shown);
        let cancel = RequestUnion::CancelRequest(WatchCancelRequest { watch_id: id });
        let _ = self.requests.send(WatchRequest { request_union: Some(cancel) }).await;
        let requirement = "a cancel_request is answered with `canceled`";
        self.find(requirement, |response| response.watch_id == id && response.canceled).await;
    }

    /// The next message of this watch.
    pub async fn next_of(&mut self, requirement: &str, id: i64) -> WatchResponse {
        self.find(requirement, |response| response.watch_id == id).await
    }

    /// The events of the next message of the first watch.
    pub async fn next(&mut self, requirement: &str) -> Vec<Event> {
        let response = self.next_of(requirement, self.id).await;
        if response.canceled {
            let reason =
                format!("canceled {:?}, compact_revision {}", response.cancel_reason, response.compact_revision);
            expect(requirement).request(&self.shown).expected("events").fail(reason);
        }
        response.events
    }

    /// The next so many events of the first watch.
    pub async fn events(&mut self, requirement: &str, count: usize) -> Vec<Event> {
        let mut events = Vec::new();
        while events.len() < count {
            events.extend(self.next(requirement).await);
        }
        events
    }

    /// What it tells of up to this revision, beginning with another.
    pub async fn told(mut self, requirement: &str, from: i64, last: i64) -> Told {
        let kvs = if from <= last { self.until(requirement, last).await } else { Vec::new() };
        Told { shown: self.shown, from, revisions: kvs.iter().map(|kv| kv.mod_revision).collect() }
    }

    /// The keys of the events, up to and with that of this revision.
    pub async fn until(&mut self, requirement: &str, last: i64) -> Vec<KeyValue> {
        let mut kvs: Vec<KeyValue> = Vec::new();
        while kvs.last().is_none_or(|kv| kv.mod_revision < last) {
            kvs.extend(self.next(requirement).await.into_iter().filter_map(|event| event.kv));
        }
        let overshot = kvs.last().filter(|kv| kv.mod_revision > last).map(kv_words);
        let wanted = expect(requirement).request(&self.shown).expected(format!("an event of revision {last}"));
        wanted.that(overshot.is_none(), overshot.unwrap_or_default());
        kvs
    }

    async fn find(&mut self, requirement: &str, fits: impl Fn(&WatchResponse) -> bool) -> WatchResponse {
        if let Some(place) = self.waiting.iter().position(&fits) {
            return self.waiting.remove(place).unwrap_or_default();
        }
        loop {
            let next = tokio::time::timeout(harness::timeout(PATIENCE), self.responses.message()).await;
            let wanted = expect(requirement).request(&self.shown).expected("one more message");
            match next {
                Ok(Ok(Some(response))) if fits(&response) => return response,
                Ok(Ok(Some(response))) => self.waiting.push_back(response),
                Ok(Ok(None)) => wanted.fail("the end of the stream"),
                Ok(Err(status)) => wanted.fail(words(&status)),
                Err(_) => wanted.fail("silence"),
            }
        }
    }
}

fn create_request(create: WatchCreateRequest) -> WatchRequest {
    WatchRequest { request_union: Some(RequestUnion::CreateRequest(create)) }
}

fn shown(create: &WatchCreateRequest) -> String {
    let end = match &*create.range_end {
        [] => String::new(),
        end => format!(" to {}", text(end)),
    };
    let start = match create.start_revision {
        0 => String::new(),
        revision => format!(", start_revision {revision}"),
    };
    format!("Watch {}{end}{start}", text(&create.key))
}
