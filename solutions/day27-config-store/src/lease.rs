//! Leases: a promise to be heard of again. A key that goes with a lease goes when the lease ends, so what a crashed
//! client has left behind cleans itself up.
//!
//! That a lease was granted is stored. How long it still has is not: after a restart each begins anew, since nobody
//! could keep it alive meanwhile.

use crate::{fault::Fault, store::Key};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

pub type LeaseId = i64;

/// The longest time to live, in seconds.
const LONGEST: i64 = 9_000_000_000;

#[derive(Debug)]
pub struct Lease {
    /// Seconds, as granted.
    pub ttl: i64,
    deadline: Instant,
    pub keys: BTreeSet<Key>,
}

#[derive(Debug)]
pub struct Leases {
    /// How long a second lasts.
    second: Duration,
    all: BTreeMap<LeaseId, Lease>,
}

impl Leases {
    pub fn new(second: Duration) -> Leases {
        Leases { second, all: BTreeMap::new() }
    }

    pub fn get(&self, id: LeaseId) -> Option<&Lease> {
        self.all.get(&id)
    }

    pub fn ids(&self) -> impl Iterator<Item = LeaseId> {
        self.all.keys().copied()
    }

    /// Whether a key may go with this lease; 0 stands for none.
    pub fn check(&self, id: LeaseId) -> Result<(), Fault> {
        if id == 0 || self.all.contains_key(&id) { Ok(()) } else { Err(Fault::LeaseNotFound) }
    }

    /// The id and the time to live of a lease that is asked for; 0 asks for any id.
    pub fn check_new(&self, id: LeaseId, ttl: i64) -> Result<(LeaseId, i64), Fault> {
        if ttl > LONGEST {
            return Err(Fault::LeaseTooLong);
        }
        if self.all.contains_key(&id) {
            return Err(Fault::LeaseExists);
        }
        // Not the next number: a client that still knows a lease of long ago must not keep alive somebody else's.
        let mut strangers = std::iter::repeat_with(|| fastrand::i64(1..)).filter(|id| !self.all.contains_key(id));
        let id = if id == 0 { strangers.next().unwrap_or(1) } else { id };
        Ok((id, ttl.max(1)))
    }

    pub fn grant(&mut self, id: LeaseId, ttl: i64) {
        self.all.insert(id, Lease { ttl, deadline: self.deadline(ttl), keys: BTreeSet::new() });
    }

    pub fn remove(&mut self, id: LeaseId) {
        self.all.remove(&id);
    }

    /// A key that went with the lease `old` goes with `new` from now on; 0 is no lease.
    pub fn move_key(&mut self, key: &[u8], old: LeaseId, new: LeaseId) {
        if let Some(lease) = self.all.get_mut(&old) {
            lease.keys.remove(key);
        }
        if let Some(lease) = self.all.get_mut(&new) {
            lease.keys.insert(key.to_owned());
        }
    }

    /// The whole time again for every lease, as at the start of the program.
    pub fn keep_all_alive(&mut self) {
        for id in self.ids().collect::<Vec<_>>() {
            self.keep_alive(id);
        }
    }

    /// Its whole time again; returns that time, or none when there is no such lease.
    pub fn keep_alive(&mut self, id: LeaseId) -> Option<i64> {
        let ttl = self.all.get(&id)?.ttl;
        let deadline = self.deadline(ttl);
        self.all.get_mut(&id)?.deadline = deadline;
        Some(ttl)
    }

    /// Whole seconds that a lease still has.
    pub fn remaining(&self, lease: &Lease) -> i64 {
        let left = lease.deadline.saturating_duration_since(Instant::now());
        i64::try_from(left.as_nanos() / self.second.as_nanos().max(1)).unwrap_or(lease.ttl).min(lease.ttl)
    }

    /// When the next lease ends, if nobody keeps it alive.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.all.values().map(|lease| lease.deadline).min()
    }

    /// Leases whose time is over.
    pub fn expired(&self, now: Instant) -> Vec<LeaseId> {
        self.all.iter().filter(|(_, lease)| lease.deadline <= now).map(|(id, _)| *id).collect()
    }

    fn deadline(&self, ttl: i64) -> Instant {
        let (now, seconds) = (Instant::now(), u32::try_from(ttl).unwrap_or(u32::MAX));
        let century = Duration::from_secs(100 * 365 * 24 * 3600);
        now + self.second.checked_mul(seconds).map_or(century, |time| time.min(century))
    }
}
