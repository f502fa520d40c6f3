//! A judge of what clients saw: could it have happened one after another?
//!
//! An operation takes effect at one moment between its request and its answer. A history is *linearizable* when such
//! moments can be chosen so that every answer is the one that a single client would get, who does everything in that
//! order. [`judge`] looks for such an order, after Wing and Gong, and remembers where it has looked in vain, after Lowe.

use harness::expect;
use std::{
    collections::HashSet,
    sync::atomic::{AtomicU64, Ordering},
};

/// A value that was written; none when the key is not there.
pub type Value = Option<u32>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Read(Value),
    Write(Value),
    /// A write if the value is the first one, and whether it was.
    Swap(Value, Value, bool),
}

/// What one client did to one key.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    pub client: usize,
    pub key: usize,
    pub action: Action,
    /// Places in the order in which requests were sent and answers came.
    pub call: u64,
    pub end: u64,
    /// The store's revision in the answer.
    pub revision: i64,
}

/// A clock that all clients share. It shows each time once.
#[derive(Debug, Default)]
pub struct Clock(AtomicU64);

impl Clock {
    pub fn tick(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

/// Fails when the history of a key cannot have happened one after another, or when revisions go backward.
#[track_caller]
pub fn expect_linearizable(history: &[Operation]) {
    let keys: HashSet<_> = history.iter().map(|operation| operation.key).collect();
    for key in keys {
        let of_key: Vec<_> = history.iter().filter(|operation| operation.key == key).copied().collect();
        if !judge(&of_key) {
            expect("what 16 clients see at once could have happened one after another")
                .request(told(&of_key))
                .expected("an order in which each answer is right")
                .fail("there is none");
        }
    }
    if let Some((one, other)) = shared(history) {
        expect("each change has a revision of its own").request(told(&[one, other])).fail("the same revision");
    }
    if let Some((before, after)) = backward(history) {
        expect("an answer to a later request has no earlier revision, and that of a change a later one")
            .request(told(&[before, after]))
            .expected(format!("more than {} for the second, or as much for one that changes nothing", before.revision))
            .fail(after.revision);
    }
}

/// Whether the operations of one key, at most 128, could have happened one after another, beginning without a value.
pub fn judge(history: &[Operation]) -> bool {
    assert!(history.len() <= 128, "the judge keeps what is done in 128 bits");
    let all = if history.len() == 128 { u128::MAX } else { (1 << history.len()) - 1 };
    let (mut looked, mut places) = (HashSet::new(), vec![(0_u128, None)]);
    while let Some((done, value)) = places.pop() {
        if done == all {
            return true;
        }
        if !looked.insert((done, value)) {
            continue;
        }
        let left = || history.iter().enumerate().filter(|(number, _)| done & (1 << number) == 0);
        // What was requested after the end of another operation cannot come before that.
        let first_end = left().map(|(_, operation)| operation.end).min().unwrap_or(0);
        for (number, operation) in left().filter(|(_, operation)| operation.call < first_end) {
            let after = match operation.action {
                Action::Read(read) if read == value => Some(value),
                Action::Write(written) => Some(written),
                Action::Swap(old, new, true) if old == value => Some(new),
                Action::Swap(old, _, false) if old != value => Some(value),
                Action::Read(_) | Action::Swap(..) => None,
            };
            places.extend(after.map(|value| (done | (1 << number), value)));
        }
    }
    false
}

fn changes(operation: &Operation) -> bool {
    matches!(operation.action, Action::Write(_) | Action::Swap(_, _, true))
}

/// Two changes with the same revision.
fn shared(history: &[Operation]) -> Option<(Operation, Operation)> {
    let mut changes: Vec<_> = history.iter().filter(|operation| changes(operation)).copied().collect();
    changes.sort_by_key(|operation| operation.revision);
    changes.windows(2).find(|pair| pair[0].revision == pair[1].revision).map(|pair| (pair[0], pair[1]))
}

/// Two operations, one after the other, whose revisions say the contrary.
fn backward(history: &[Operation]) -> Option<(Operation, Operation)> {
    let mut ends: Vec<_> = history.to_vec();
    ends.sort_by_key(|operation| operation.end);
    let mut calls = history.to_vec();
    calls.sort_by_key(|operation| operation.call);
    let (mut ended, mut newest) = (ends.into_iter().peekable(), None::<Operation>);
    for after in calls {
        while let Some(before) = ended.next_if(|before| before.end < after.call) {
            newest = newest.filter(|newest| newest.revision >= before.revision).or(Some(before));
        }
        if let Some(before) = newest {
            let later = after.revision > before.revision || after.revision == before.revision && !changes(&after);
            if !later {
                return Some((before, after));
            }
        }
    }
    None
}

fn told(history: &[Operation]) -> String {
    let mut history = history.to_vec();
    history.sort_by_key(|operation| operation.call);
    let line = |operation: &Operation| {
        let Operation { client, key, action, call, end, revision } = operation;
        format!("{call:>4} to {end:>4}: client {client} on key {key}: {action:?}, revision {revision}")
    };
    history.iter().map(line).collect::<Vec<_>>().join("\n")
}
