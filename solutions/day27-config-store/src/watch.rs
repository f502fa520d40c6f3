//! Watches. One is nothing but a selection of keys and the next revision to tell of, so that it makes no difference
//! whether that lies in the past or has not come yet: there is no change-over from history to news in which something
//! could be lost. A client that reads slowly holds up nobody and costs no memory; it is told later.

use crate::{
    engine::Engine,
    proto::{
        etcdserverpb::{
            ResponseHeader, WatchCreateRequest, WatchRequest, WatchResponse, watch_create_request::FilterType,
            watch_request::RequestUnion,
        },
        mvccpb::{Event, event::EventType},
    },
    state::State,
    store::{Revision, Selection},
};
use std::collections::BTreeMap;
use tokio::sync::{mpsc, watch};
use tokio_stream::StreamExt;
use tonic::{Status, Streaming};

pub type Outbox = mpsc::Sender<Result<WatchResponse, Status>>;

/// A place in the history of some keys.
#[derive(Debug, Clone)]
struct Watcher {
    selection: Selection,
    /// The first revision that its client has not been told of.
    next: Revision,
    filters: Vec<FilterType>,
    /// The client wants to know what was there before.
    previous: bool,
}

/// What a watcher has to tell.
enum News {
    Events(Option<ResponseHeader>, Vec<Event>),
    /// The client is up to date.
    Nothing,
    /// What it should hear next is compacted; this is the first revision that there still is.
    Compacted(Option<ResponseHeader>, Revision),
}

impl Watcher {
    fn new(state: &State, request: WatchCreateRequest) -> Watcher {
        let filters = request.filters().collect();
        let next = if request.start_revision > 0 { request.start_revision } else { state.store.revision() + 1 };
        // An empty key stands for the first that there can be.
        let key = if request.key.is_empty() { vec![0] } else { request.key };
        let selection = Selection::new(&key, &request.range_end);
        Watcher { selection, next, filters, previous: request.prev_kv }
    }

    /// What comes next, and goes on to what comes after that.
    fn advance(&mut self, state: &State) -> News {
        while self.next <= state.store.revision() {
            let Ok(batch) = state.store.events(&self.selection, self.next, self.previous) else {
                return News::Compacted(state.header(), state.store.compacted());
            };
            self.next = batch.next;
            let wanted: Vec<_> = batch.events.into_iter().filter(|event| self.wants(event)).collect();
            if !wanted.is_empty() {
                return News::Events(state.header(), wanted);
            }
        }
        News::Nothing
    }

    fn wants(&self, event: &Event) -> bool {
        let unwanted = match event.r#type() {
            EventType::Put => FilterType::Noput,
            EventType::Delete => FilterType::Nodelete,
        };
        !self.filters.contains(&unwanted)
    }
}

/// All watches of one stream, until the client or the program ends it.
pub async fn serve(
    engine: Engine,
    mut requests: Streaming<WatchRequest>,
    outbox: Outbox,
    mut stop: watch::Receiver<bool>,
) {
    let mut watchers = BTreeMap::new();
    let mut committed = engine.committed.clone();
    // The sender is there as long as the program.
    let stopped = stop.wait_for(|stop| *stop);
    tokio::pin!(stopped);
    loop {
        // Marked as seen before the look, so that what comes meanwhile wakes us again.
        committed.mark_unchanged();
        let step = async {
            let busy = match deliver(&engine, &mut watchers, &outbox).await {
                Ok(busy) => busy,
                Err(gone) => return Err(gone),
            };
            tokio::select! {
                biased;
                request = requests.next() => match request {
                    Some(Ok(request)) => answer(&engine, &mut watchers, request, &outbox).await,
                    _ => Err(Gone),
                },
                () = std::future::ready(()), if busy => Ok(()),
                changed = committed.changed() => changed.map_err(|_| Gone),
            }
        };
        tokio::select! {
            step = step => if step.is_err() { return },
            _ = &mut stopped => {
                // Best effort: a full outbox means that nobody reads.
                let _ = outbox.try_send(Err(Status::unavailable("the store is ending")));
                return;
            }
        }
    }
}

/// The other end of the stream, or the engine, is not there any more.
struct Gone;

/// Tells each watcher the next of what it has missed. Returns whether there was something to tell.
async fn deliver(engine: &Engine, watchers: &mut BTreeMap<i64, Watcher>, outbox: &Outbox) -> Result<bool, Gone> {
    let mut busy = false;
    for id in watchers.keys().copied().collect::<Vec<_>>() {
        let Some(mut watcher) = watchers.remove(&id) else { continue };
        let advance = move |state: &mut State| {
            let news = watcher.advance(state);
            (watcher, news)
        };
        let (watcher, news) = engine.run(advance).await.map_err(|_| Gone)?;
        let response = match news {
            News::Nothing => {
                watchers.insert(id, watcher);
                continue;
            }
            News::Events(header, events) => {
                watchers.insert(id, watcher);
                WatchResponse { header, watch_id: id, events, ..WatchResponse::default() }
            }
            News::Compacted(header, compact_revision) => {
                WatchResponse { header, watch_id: id, canceled: true, compact_revision, ..WatchResponse::default() }
            }
        };
        busy = true;
        outbox.send(Ok(response)).await.map_err(|_| Gone)?;
    }
    Ok(busy)
}

async fn answer(
    engine: &Engine,
    watchers: &mut BTreeMap<i64, Watcher>,
    request: WatchRequest,
    outbox: &Outbox,
) -> Result<(), Gone> {
    let response = match request.request_union {
        Some(RequestUnion::CreateRequest(request)) => {
            let taken = request.watch_id != 0 && watchers.contains_key(&request.watch_id);
            let free = (0..).find(|id| !watchers.contains_key(id)).unwrap_or_default();
            let id = if request.watch_id == 0 { free } else { request.watch_id };
            let create = move |state: &mut State| (state.header(), Watcher::new(state, request));
            let (header, watcher) = engine.run(create).await.map_err(|_| Gone)?;
            if taken {
                let cancel_reason = "watch ID already exists".to_owned();
                WatchResponse {
                    header,
                    watch_id: -1,
                    created: true,
                    canceled: true,
                    cancel_reason,
                    ..WatchResponse::default()
                }
            } else {
                watchers.insert(id, watcher);
                WatchResponse { header, watch_id: id, created: true, ..WatchResponse::default() }
            }
        }
        Some(RequestUnion::CancelRequest(request)) if watchers.remove(&request.watch_id).is_some() => {
            let header = engine.run(|state| state.header()).await.map_err(|_| Gone)?;
            WatchResponse { header, watch_id: request.watch_id, canceled: true, ..WatchResponse::default() }
        }
        // A watch that is not there, or something that this store leaves out.
        _ => return Ok(()),
    };
    outbox.send(Ok(response)).await.map_err(|_| Gone)
}
