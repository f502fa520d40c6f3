//! Requests: short ways to write them, and how they look in a failure.

use super::{
    Client,
    proto::{
        etcdserverpb::{
            CompactionRequest, CompactionResponse, Compare, DeleteRangeRequest, DeleteRangeResponse, LeaseGrantRequest,
            LeaseGrantResponse, LeaseLeasesRequest, LeaseLeasesResponse, LeaseRevokeRequest, LeaseRevokeResponse,
            LeaseTimeToLiveRequest, LeaseTimeToLiveResponse, PutRequest, PutResponse, RangeRequest, RangeResponse,
            RequestOp, TxnRequest, TxnResponse,
            compare::{CompareResult, CompareTarget, TargetUnion},
            request_op::Request,
        },
        mvccpb::{Event, KeyValue, event::EventType},
    },
};
use tonic::Status;

/// A request that has one answer.
pub trait Rpc: Clone + Send {
    type Response: Send;

    fn call(self, client: &Client) -> impl Future<Output = Result<Self::Response, Status>> + Send;

    /// The request in a form that can be read.
    fn shown(&self) -> String;
}

macro_rules! rpc {
    ($request:ty, $response:ty, $service:ident.$method:ident, |$value:ident| $shown:expr) => {
        impl Rpc for $request {
            type Response = $response;

            async fn call(self, client: &Client) -> Result<$response, Status> {
                Ok(client.$service.clone().$method(self).await?.into_inner())
            }

            fn shown(&self) -> String {
                let $value = self;
                $shown
            }
        }
    };
}

rpc!(RangeRequest, RangeResponse, kv.range, |request| {
    let RangeRequest { key, range_end, limit, revision, keys_only, count_only, .. } = request;
    let mut shown = format!("Range {}", keys(key, range_end));
    let bounds = [
        ("limit", *limit),
        ("revision", *revision),
        ("min_mod_revision", request.min_mod_revision),
        ("max_mod_revision", request.max_mod_revision),
        ("min_create_revision", request.min_create_revision),
        ("max_create_revision", request.max_create_revision),
    ];
    for (name, number) in bounds.iter().filter(|(_, number)| *number != 0) {
        shown += &format!(", {name} {number}");
    }
    if request.sort_target != 0 || request.sort_order != 0 {
        shown += &format!(", sort {:?} {:?}", request.sort_target(), request.sort_order());
    }
    for (name, _) in [("keys_only", keys_only), ("count_only", count_only)].iter().filter(|(_, set)| **set) {
        shown += &format!(", {name}");
    }
    shown
});
rpc!(PutRequest, PutResponse, kv.put, |request| {
    let PutRequest { key, value, lease, prev_kv, .. } = request;
    let lease = if *lease == 0 { String::new() } else { format!(", lease {lease}") };
    format!("Put {} = {}{lease}{}", text(key), text(value), if *prev_kv { ", prev_kv" } else { "" })
});
rpc!(DeleteRangeRequest, DeleteRangeResponse, kv.delete_range, |request| {
    let DeleteRangeRequest { key, range_end, prev_kv } = request;
    format!("DeleteRange {}{}", keys(key, range_end), if *prev_kv { ", prev_kv" } else { "" })
});
rpc!(TxnRequest, TxnResponse, kv.txn, |request| {
    let branch = |operations: &[RequestOp]| operations.iter().map(operation).collect::<Vec<_>>().join("; ");
    let compare: Vec<_> = request.compare.iter().map(comparison).collect();
    let (success, failure) = (branch(&request.success), branch(&request.failure));
    format!("Txn if [{}]\n  then [{success}]\n  else [{failure}]", compare.join("; "))
});
rpc!(CompactionRequest, CompactionResponse, kv.compact, |request| format!("Compact {}", request.revision));
rpc!(LeaseGrantRequest, LeaseGrantResponse, lease.lease_grant, |request| {
    format!("LeaseGrant TTL {}, ID {}", request.ttl, request.id)
});
rpc!(LeaseRevokeRequest, LeaseRevokeResponse, lease.lease_revoke, |request| format!("LeaseRevoke {}", request.id));
rpc!(LeaseTimeToLiveRequest, LeaseTimeToLiveResponse, lease.lease_time_to_live, |request| {
    format!("LeaseTimeToLive {}{}", request.id, if request.keys { ", keys" } else { "" })
});
rpc!(LeaseLeasesRequest, LeaseLeasesResponse, lease.lease_leases, |_request| "LeaseLeases".to_owned());

/// Bytes as text where they are some, otherwise in hexadecimal; long ones are cut.
pub fn text(bytes: &[u8]) -> String {
    if bytes.len() > 100 {
        return format!("{}… ({} bytes)", text(&bytes[..20]), bytes.len());
    }
    match str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => format!("{text:?}"),
        _ => format!("0x{}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
    }
}

fn keys(key: &[u8], range_end: &[u8]) -> String {
    match range_end {
        [] => text(key),
        [0] => format!("{} and all after", text(key)),
        end => format!("{} to {}", text(key), text(end)),
    }
}

fn operation(operation: &RequestOp) -> String {
    match &operation.request {
        Some(Request::RequestRange(request)) => request.shown(),
        Some(Request::RequestPut(request)) => request.shown(),
        Some(Request::RequestDeleteRange(request)) => request.shown(),
        Some(Request::RequestTxn(request)) => request.shown(),
        None => "nothing".to_owned(),
    }
}

fn comparison(compare: &Compare) -> String {
    let with = match &compare.target_union {
        Some(TargetUnion::Value(value)) => text(value),
        Some(
            TargetUnion::Version(number)
            | TargetUnion::CreateRevision(number)
            | TargetUnion::ModRevision(number)
            | TargetUnion::Lease(number),
        ) => number.to_string(),
        None => "nothing".to_owned(),
    };
    format!("{:?} of {} {:?} {with}", compare.target(), text(&compare.key), compare.result())
}

pub fn get(key: impl AsRef<[u8]>) -> RangeRequest {
    RangeRequest { key: key.as_ref().to_vec(), ..RangeRequest::default() }
}

/// A key as of a revision.
pub fn at(key: impl AsRef<[u8]>, revision: i64) -> RangeRequest {
    RangeRequest { revision, ..get(key) }
}

pub fn range(key: impl AsRef<[u8]>, range_end: impl AsRef<[u8]>) -> RangeRequest {
    RangeRequest { range_end: range_end.as_ref().to_vec(), ..get(key) }
}

/// All keys that begin like this.
pub fn prefix(prefix: impl AsRef<[u8]>) -> RangeRequest {
    range(&prefix, after_prefix(prefix.as_ref()))
}

/// All keys of the store.
pub fn everything() -> RangeRequest {
    range([0], [0])
}

/// The first key that does not begin like this any more.
pub(super) fn after_prefix(prefix: &[u8]) -> Vec<u8> {
    let kept = prefix.iter().rposition(|byte| *byte < 255).map_or(0, |last| last + 1);
    let mut end = prefix[..kept].to_vec();
    match end.last_mut() {
        Some(last) => *last += 1,
        None => end.push(0),
    }
    end
}

pub fn put(key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> PutRequest {
    PutRequest { key: key.as_ref().to_vec(), value: value.as_ref().to_vec(), ..PutRequest::default() }
}

pub fn delete(key: impl AsRef<[u8]>) -> DeleteRangeRequest {
    DeleteRangeRequest { key: key.as_ref().to_vec(), ..DeleteRangeRequest::default() }
}

/// Deletes all keys that begin like this.
pub fn delete_prefix(prefix: impl AsRef<[u8]>) -> DeleteRangeRequest {
    DeleteRangeRequest { range_end: after_prefix(prefix.as_ref()), ..delete(prefix) }
}

pub fn compact(revision: i64) -> CompactionRequest {
    CompactionRequest { revision, physical: true }
}

/// A lease of so many seconds, with an id of the store's choice.
pub fn grant(ttl: i64) -> LeaseGrantRequest {
    LeaseGrantRequest { ttl, id: 0 }
}

pub fn revoke(id: i64) -> LeaseRevokeRequest {
    LeaseRevokeRequest { id }
}

impl From<RangeRequest> for RequestOp {
    fn from(request: RangeRequest) -> RequestOp {
        RequestOp { request: Some(Request::RequestRange(request)) }
    }
}

impl From<PutRequest> for RequestOp {
    fn from(request: PutRequest) -> RequestOp {
        RequestOp { request: Some(Request::RequestPut(request)) }
    }
}

impl From<DeleteRangeRequest> for RequestOp {
    fn from(request: DeleteRangeRequest) -> RequestOp {
        RequestOp { request: Some(Request::RequestDeleteRange(request)) }
    }
}

fn compare(key: impl AsRef<[u8]>, target: CompareTarget, with: TargetUnion) -> Compare {
    Compare {
        result: CompareResult::Equal.into(),
        target: target.into(),
        key: key.as_ref().to_vec(),
        target_union: Some(with),
        range_end: Vec::new(),
    }
}

/// The key was created by this revision.
pub fn created(key: impl AsRef<[u8]>, revision: i64) -> Compare {
    compare(key, CompareTarget::Create, TargetUnion::CreateRevision(revision))
}

/// The key is not there.
pub fn absent(key: impl AsRef<[u8]>) -> Compare {
    created(key, 0)
}

/// The key was written last by this revision.
pub fn unchanged(key: impl AsRef<[u8]>, revision: i64) -> Compare {
    compare(key, CompareTarget::Mod, TargetUnion::ModRevision(revision))
}

/// The answer to an operation that was a Range.
pub fn as_range(response: &super::ResponseOp) -> RangeResponse {
    match &response.response {
        Some(super::proto::etcdserverpb::response_op::Response::ResponseRange(range)) => range.clone(),
        _ => harness::expect("the answer to a Range in a transaction is that of a Range").fail(format!("{response:?}")),
    }
}

/// An event as a watch tells of it.
pub fn event(kv: KeyValue) -> Event {
    Event { r#type: EventType::Put.into(), kv: Some(kv), prev_kv: None }
}
