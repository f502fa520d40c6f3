//! Keys with all their values since the last compaction, and the order in which they were changed.
//!
//! The store has one revision, a number that grows by one with each transaction that changes something. Nothing is ever
//! overwritten: a change adds a value under its revision. To read as of a revision is to look for the newest value that
//! is not newer, and to watch is to read the changes in order.

use crate::{
    fault::Fault,
    proto::mvccpb::{Event, KeyValue, event::EventType},
};
use std::{
    collections::BTreeMap,
    ops::{Bound, RangeBounds},
};

pub type Key = Vec<u8>;
pub type Revision = i64;

/// Reads what is newest, also in the middle of a transaction.
pub const NEWEST: Revision = Revision::MAX;
/// Keys and values of one batch of events, about. More come in the next one.
const BATCH: usize = 1 << 20;

/// Which keys a request is about, as `key` and `range_end` say it.
#[derive(Debug, Clone)]
pub struct Selection {
    from: Key,
    to: Bound<Key>,
}

impl Selection {
    /// An empty end selects the key alone, and one byte 0 all keys from it on.
    pub fn new(key: &[u8], range_end: &[u8]) -> Selection {
        let to = match range_end {
            [] => Bound::Included(key.to_owned()),
            [0] => Bound::Unbounded,
            end => Bound::Excluded(end.to_owned()),
        };
        Selection { from: key.to_owned(), to }
    }

    pub fn contains(&self, key: &[u8]) -> bool {
        RangeBounds::<[u8]>::contains(&self.bounds(), key)
    }

    fn bounds(&self) -> (Bound<&[u8]>, Bound<&[u8]>) {
        (Bound::Included(&self.from), self.to.as_ref().map(Vec::as_slice))
    }

    /// An end before the begin is allowed, and selects nothing.
    fn is_empty(&self) -> bool {
        matches!(&self.to, Bound::Excluded(end) if *end <= self.from)
    }
}

/// The values of one key by the revisions that wrote them; none where it was deleted.
type History = BTreeMap<Revision, Option<KeyValue>>;

/// Some of what happened, all of each revision that it tells of.
#[derive(Debug)]
pub struct Batch {
    pub events: Vec<Event>,
    /// Where to go on.
    pub next: Revision,
}

#[derive(Debug)]
pub struct Store {
    /// Of the newest change. An empty store has 1, so that 0 can mean "none".
    revision: Revision,
    /// The oldest revision that can be read.
    compacted: Revision,
    keys: BTreeMap<Key, History>,
    /// Which keys each revision changed, in order.
    changes: BTreeMap<Revision, Vec<Key>>,
}

impl Store {
    pub fn new() -> Store {
        Store { revision: 1, compacted: 0, keys: BTreeMap::new(), changes: BTreeMap::new() }
    }

    pub fn revision(&self) -> Revision {
        self.revision
    }

    pub fn compacted(&self) -> Revision {
        self.compacted
    }

    /// Whether the store as of a revision can be read; 0 or less stands for the newest.
    pub fn check_readable(&self, revision: Revision) -> Result<(), Fault> {
        match revision {
            ..=0 => Ok(()),
            revision if revision > self.revision => Err(Fault::Future),
            revision if revision < self.compacted => Err(Fault::Compacted),
            _ => Ok(()),
        }
    }

    /// A key as of a revision.
    pub fn get(&self, key: &[u8], at: Revision) -> Option<&KeyValue> {
        newest(self.keys.get(key)?, at)
    }

    /// All selected keys as of a revision, in order.
    pub fn select(&self, selection: &Selection, at: Revision) -> impl Iterator<Item = &KeyValue> {
        // BTreeMap does not take an empty range.
        let all = (!selection.is_empty()).then(|| self.keys.range::<[u8], _>(selection.bounds()));
        all.into_iter().flatten().filter_map(move |(_, history)| newest(history, at))
    }

    /// One change of one key. Its revision is the store's newest or the one after that.
    pub fn apply(&mut self, event: &Event) {
        let Some(kv) = &event.kv else { return };
        self.revision = kv.mod_revision;
        self.changes.entry(self.revision).or_default().push(kv.key.clone());
        let value = (event.r#type() == EventType::Put).then(|| kv.clone());
        self.keys.entry(kv.key.clone()).or_default().insert(self.revision, value);
    }

    /// Forgets what only reads as of an older revision than this one would find.
    pub fn compact(&mut self, revision: Revision) {
        self.compacted = revision;
        self.changes = self.changes.split_off(&revision);
        self.keys.retain(|_, history| {
            let newer = history.split_off(&(revision + 1));
            let current = history.pop_last().filter(|(_, value)| value.is_some());
            *history = newer;
            history.extend(current);
            !history.is_empty()
        });
    }

    /// What happened to the selected keys from a revision on, and with `previous` also what was there before.
    ///
    /// # Errors
    /// When a part of that is compacted.
    pub fn events(&self, selection: &Selection, from: Revision, previous: bool) -> Result<Batch, Fault> {
        if from < self.compacted {
            return Err(Fault::Compacted);
        }
        let (mut events, mut size) = (Vec::new(), 0);
        for (&revision, keys) in self.changes.range(from..) {
            if size > BATCH {
                return Ok(Batch { events, next: revision });
            }
            for key in keys.iter().filter(|key| selection.contains(key)) {
                let prev_kv = if previous { self.get(key, revision - 1).cloned() } else { None };
                let written = self.get(key, revision).filter(|kv| kv.mod_revision == revision).cloned();
                size += key.len() + written.as_ref().map_or(0, |kv| kv.value.len());
                events.push(match written {
                    Some(kv) => Event { r#type: EventType::Put.into(), kv: Some(kv), prev_kv },
                    None => deletion(key, revision, prev_kv),
                });
            }
        }
        Ok(Batch { events, next: from.max(self.revision + 1) })
    }
}

/// The event of a key that was deleted.
pub fn deletion(key: &[u8], revision: Revision, prev_kv: Option<KeyValue>) -> Event {
    let kv = KeyValue { key: key.to_owned(), mod_revision: revision, ..KeyValue::default() };
    Event { r#type: EventType::Delete.into(), kv: Some(kv), prev_kv }
}

fn newest(history: &History, at: Revision) -> Option<&KeyValue> {
    history.range(..=at).next_back()?.1.as_ref()
}
