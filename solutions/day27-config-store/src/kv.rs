//! What the requests about keys do. All of them run in the engine's thread, one after another and each to its end, so
//! each is a transaction.

use crate::{
    check,
    fault::Fault,
    proto::{
        etcdserverpb::{
            CompactionRequest, CompactionResponse, Compare, DeleteRangeRequest, DeleteRangeResponse, PutRequest,
            PutResponse, RangeRequest, RangeResponse, RequestOp, ResponseOp, TxnRequest, TxnResponse,
            compare::{CompareResult, TargetUnion},
            range_request::{SortOrder, SortTarget},
            request_op::Request,
            response_op::Response,
        },
        mvccpb::{Event, KeyValue, event::EventType},
        wal::Record,
    },
    state::State,
    store::{NEWEST, Revision, Selection, deletion},
};
use std::cmp::Ordering;

pub fn range(state: &State, request: &RangeRequest) -> Result<RangeResponse, Fault> {
    check::range(request)?;
    state.store.check_readable(request.revision)?;
    Ok(select(state, request))
}

pub fn put(state: &mut State, request: PutRequest) -> Result<PutResponse, Fault> {
    check::put(&request)?;
    state.leases.check(request.lease)?;
    let mut transaction = Transaction::begin(state);
    let response = transaction.put(request);
    transaction.end();
    Ok(PutResponse { header: state.header(), ..response })
}

pub fn delete_range(state: &mut State, request: &DeleteRangeRequest) -> Result<DeleteRangeResponse, Fault> {
    check::delete_range(request)?;
    let mut transaction = Transaction::begin(state);
    let response = transaction.delete_range(request);
    transaction.end();
    Ok(DeleteRangeResponse { header: state.header(), ..response })
}

/// Everything that can be refused is refused before the first change, so nothing has to be undone.
pub fn txn(state: &mut State, request: TxnRequest) -> Result<TxnResponse, Fault> {
    check::txn(&request)?;
    let succeeded = request.compare.iter().all(|compare| holds(state, compare));
    let operations = if succeeded { request.success } else { request.failure };
    for operation in &operations {
        match &operation.request {
            Some(Request::RequestRange(range)) => state.store.check_readable(range.revision)?,
            Some(Request::RequestPut(put)) => state.leases.check(put.lease)?,
            _ => {}
        }
    }
    let mut transaction = Transaction::begin(state);
    let responses = operations.into_iter().map(|operation| transaction.carry_out(operation)).collect();
    transaction.end();
    Ok(TxnResponse { header: state.header(), succeeded, responses })
}

pub fn compact(state: &mut State, request: &CompactionRequest) -> Result<CompactionResponse, Fault> {
    if request.revision > state.store.revision() {
        return Err(Fault::Future);
    }
    if request.revision <= state.store.compacted() {
        return Err(Fault::Compacted);
    }
    state.change(Record { compacted: request.revision, ..Record::default() });
    Ok(CompactionResponse { header: state.header() })
}

/// Changes that share one revision.
struct Transaction<'a> {
    state: &'a mut State,
    revision: Revision,
    events: Vec<Event>,
}

impl Transaction<'_> {
    fn begin(state: &mut State) -> Transaction<'_> {
        let revision = state.store.revision() + 1;
        Transaction { state, revision, events: Vec::new() }
    }

    fn end(self) {
        self.state.note(self.events);
    }

    fn carry_out(&mut self, operation: RequestOp) -> ResponseOp {
        let response = operation.request.and_then(|request| match request {
            Request::RequestRange(request) => Some(Response::ResponseRange(select(self.state, &request))),
            Request::RequestPut(request) => Some(Response::ResponsePut(self.put(request))),
            Request::RequestDeleteRange(request) => Some(Response::ResponseDeleteRange(self.delete_range(&request))),
            // `check` lets none through.
            Request::RequestTxn(_) => None,
        });
        ResponseOp { response }
    }

    fn put(&mut self, request: PutRequest) -> PutResponse {
        let PutRequest { key, value, lease, prev_kv: wants_previous, .. } = request;
        let previous = self.state.store.get(&key, NEWEST);
        let kv = KeyValue {
            create_revision: previous.map_or(self.revision, |kv| kv.create_revision),
            mod_revision: self.revision,
            version: previous.map_or(0, |kv| kv.version) + 1,
            key,
            value,
            lease,
        };
        let prev_kv = previous.filter(|_| wants_previous).cloned();
        self.change(Event { r#type: EventType::Put.into(), kv: Some(kv), prev_kv: None });
        PutResponse { prev_kv, ..PutResponse::default() }
    }

    fn delete_range(&mut self, request: &DeleteRangeRequest) -> DeleteRangeResponse {
        let selection = Selection::new(&request.key, &request.range_end);
        let deleted: Vec<_> = self.state.store.select(&selection, NEWEST).cloned().collect();
        for kv in &deleted {
            self.change(deletion(&kv.key, self.revision, None));
        }
        let count = count(deleted.len());
        let prev_kvs = if request.prev_kv { deleted } else { Vec::new() };
        DeleteRangeResponse { header: None, deleted: count, prev_kvs }
    }

    fn change(&mut self, event: Event) {
        self.state.apply(&event);
        self.events.push(event);
    }
}

/// The keys that a Range asks for. In a transaction it sees what the operations before it have changed.
fn select(state: &State, request: &RangeRequest) -> RangeResponse {
    let at = if request.revision > 0 { request.revision } else { NEWEST };
    let selection = Selection::new(&request.key, &request.range_end);
    let mut found: Vec<_> = state.store.select(&selection, at).collect();
    let mut response = RangeResponse { header: state.header(), count: count(found.len()), ..RangeResponse::default() };
    if request.count_only {
        return response;
    }
    found.retain(|kv| {
        let within = |revision, least, most| revision >= least && (most <= 0 || revision <= most);
        within(kv.mod_revision, request.min_mod_revision, request.max_mod_revision)
            && within(kv.create_revision, request.min_create_revision, request.max_create_revision)
    });
    match request.sort_target() {
        // They are in this order already.
        SortTarget::Key => {}
        SortTarget::Version => found.sort_by_key(|kv| kv.version),
        SortTarget::Create => found.sort_by_key(|kv| kv.create_revision),
        SortTarget::Mod => found.sort_by_key(|kv| kv.mod_revision),
        SortTarget::Value => found.sort_by_key(|kv| &kv.value),
    }
    if request.sort_order() == SortOrder::Descend {
        found.reverse();
    }
    if let Some(limit) = usize::try_from(request.limit).ok().filter(|limit| *limit > 0) {
        response.more = found.len() > limit;
        found.truncate(limit);
    }
    let answer = |kv: &KeyValue| {
        if request.keys_only { KeyValue { value: Vec::new(), key: kv.key.clone(), ..*kv } } else { kv.clone() }
    };
    response.kvs = found.into_iter().map(answer).collect();
    response
}

/// A key that is not there has 0 for everything but its value: it has none, so nothing can be said about it.
fn holds(state: &State, compare: &Compare) -> bool {
    let kv = state.store.get(&compare.key, NEWEST);
    let number = |of: fn(&KeyValue) -> i64| kv.map_or(0, of);
    let order = match &compare.target_union {
        Some(TargetUnion::Version(wanted)) => number(|kv| kv.version).cmp(wanted),
        Some(TargetUnion::CreateRevision(wanted)) => number(|kv| kv.create_revision).cmp(wanted),
        Some(TargetUnion::ModRevision(wanted)) => number(|kv| kv.mod_revision).cmp(wanted),
        Some(TargetUnion::Lease(wanted)) => number(|kv| kv.lease).cmp(wanted),
        Some(TargetUnion::Value(wanted)) => match kv {
            Some(kv) => kv.value.cmp(wanted),
            None => return false,
        },
        None => return false,
    };
    match compare.result() {
        CompareResult::Equal => order == Ordering::Equal,
        CompareResult::NotEqual => order != Ordering::Equal,
        CompareResult::Greater => order == Ordering::Greater,
        CompareResult::Less => order == Ordering::Less,
    }
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
