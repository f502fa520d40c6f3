//! What was fetched, by city: fresh for a while, usable in need for a while longer, and never more than there is room for.

use crate::upstream::Observation;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

/// A bounded cache. When it is full, the city goes that was asked for the longest time ago.
#[derive(Debug)]
pub struct Cache {
    capacity: usize,
    ttl: Duration,
    stale: Duration,
    entries: HashMap<String, (u64, Entry)>,
    /// The same cities in the order in which they were last asked for. The numbers are given once and only grow.
    order: BTreeMap<u64, String>,
    last_number: u64,
}

/// What was fetched for a city.
#[derive(Debug, Clone)]
pub struct Entry {
    pub observation: Arc<Observation>,
    /// The version of it, if the weather service told one.
    pub etag: Option<String>,
    pub fetched: Instant,
}

impl Cache {
    pub fn new(capacity: usize, ttl: Duration, stale: Duration) -> Cache {
        Cache { capacity, ttl, stale, entries: HashMap::new(), order: BTreeMap::new(), last_number: 0 }
    }

    /// The entry of a city, if it is fresh.
    pub fn fresh(&mut self, key: &str, now: Instant) -> Option<Entry> {
        todo!("find {key:?} in {:?} if it is younger than {:?} at {now:?}", self.entries, self.ttl)
    }

    /// The entry of a city, if it is still good enough for the time when nothing better can be had.
    pub fn usable(&mut self, key: &str, now: Instant) -> Option<Entry> {
        todo!("find {key:?} if it is younger than {:?} and {:?} together at {now:?}", self.ttl, self.stale)
    }

    /// Remembers an entry, and forgets another one when there is no room.
    pub fn insert(&mut self, key: &str, entry: Entry) {
        todo!("keep {entry:?} for {key:?} as use {}, and {} cities at most", self.last_number + 1, self.capacity)
    }

    /// Forgets a city.
    pub fn remove(&mut self, key: &str) {
        todo!("take {key:?} out of the entries and out of {:?}", self.order)
    }
}
