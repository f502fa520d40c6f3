//! Requests that are refused whatever is stored: they contradict themselves, or want what this store leaves out.

use crate::{
    fault::Fault,
    proto::etcdserverpb::{
        Compare, DeleteRangeRequest, PutRequest, RangeRequest, RequestOp, TxnRequest,
        compare::{CompareTarget, TargetUnion},
        request_op::Request,
    },
    store::Selection,
};
use prost::Message;
use std::collections::BTreeSet;

/// Bytes of a request that changes something.
const LARGEST: usize = 1536 * 1024;
/// Comparisons, or operations of one branch.
const MOST_OPERATIONS: usize = 128;

pub fn range(request: &RangeRequest) -> Result<(), Fault> {
    not_empty(&request.key)
}

pub fn put(request: &PutRequest) -> Result<(), Fault> {
    not_empty(&request.key)?;
    if request.ignore_value || request.ignore_lease {
        return Err(Fault::Unsupported("ignore_value and ignore_lease"));
    }
    not_too_large(request)
}

pub fn delete_range(request: &DeleteRangeRequest) -> Result<(), Fault> {
    not_empty(&request.key)
}

pub fn txn(request: &TxnRequest) -> Result<(), Fault> {
    let longest = request.compare.len().max(request.success.len()).max(request.failure.len());
    if longest > MOST_OPERATIONS {
        return Err(Fault::TooManyOperations);
    }
    request.compare.iter().try_for_each(compare)?;
    for branch in [&request.success, &request.failure] {
        branch.iter().try_for_each(operation)?;
        changes_each_key_once(branch)?;
    }
    not_too_large(request)
}

fn compare(compare: &Compare) -> Result<(), Fault> {
    not_empty(&compare.key)?;
    if !compare.range_end.is_empty() {
        return Err(Fault::Unsupported("comparison of a range"));
    }
    let fits = matches!(
        (compare.target(), &compare.target_union),
        (CompareTarget::Version, Some(TargetUnion::Version(_)))
            | (CompareTarget::Create, Some(TargetUnion::CreateRevision(_)))
            | (CompareTarget::Mod, Some(TargetUnion::ModRevision(_)))
            | (CompareTarget::Value, Some(TargetUnion::Value(_)))
            | (CompareTarget::Lease, Some(TargetUnion::Lease(_)))
    );
    if fits { Ok(()) } else { Err(Fault::Unsupported("comparison with something of another kind")) }
}

fn operation(operation: &RequestOp) -> Result<(), Fault> {
    match &operation.request {
        Some(Request::RequestRange(request)) => range(request),
        Some(Request::RequestPut(request)) => put(request),
        Some(Request::RequestDeleteRange(request)) => delete_range(request),
        Some(Request::RequestTxn(_)) => Err(Fault::Unsupported("transaction within a transaction")),
        None => Err(Fault::EmptyKey),
    }
}

/// A transaction has one revision, and a key one value in each revision.
fn changes_each_key_once(branch: &[RequestOp]) -> Result<(), Fault> {
    let (mut puts, mut deletions) = (BTreeSet::new(), Vec::new());
    for operation in branch {
        match &operation.request {
            Some(Request::RequestPut(put)) if !puts.insert(&put.key) => return Err(Fault::DuplicateKey),
            Some(Request::RequestDeleteRange(delete)) => {
                deletions.push(Selection::new(&delete.key, &delete.range_end));
            }
            _ => {}
        }
    }
    if puts.iter().any(|key| deletions.iter().any(|deletion| deletion.contains(key))) {
        return Err(Fault::DuplicateKey);
    }
    Ok(())
}

fn not_empty(key: &[u8]) -> Result<(), Fault> {
    if key.is_empty() { Err(Fault::EmptyKey) } else { Ok(()) }
}

fn not_too_large(request: &impl Message) -> Result<(), Fault> {
    if request.encoded_len() > LARGEST { Err(Fault::TooLarge) } else { Ok(()) }
}
