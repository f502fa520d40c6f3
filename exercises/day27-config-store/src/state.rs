//! Everything that is stored. It changes by what a [`Record`] can tell and by nothing else, so the records, carried out
//! again one after another, make the same state.

use crate::{
    lease::{LeaseId, Leases},
    proto::{
        etcdserverpb::ResponseHeader,
        mvccpb::Event,
        wal::{Granted, Record},
    },
    store::{NEWEST, Revision, Store, deletion},
};
use std::time::{Duration, Instant};

/// A single member that is always the leader.
const MEMBER: u64 = 1;

#[derive(Debug)]
pub struct State {
    pub store: Store,
    pub leases: Leases,
    /// What was changed and is not handed to the log yet.
    records: Vec<Record>,
}

impl State {
    /// An empty state; a second of a lease lasts as long as `second`.
    pub fn new(second: Duration) -> State {
        State { store: Store::new(), leases: Leases::new(second), records: Vec::new() }
    }

    /// What every answer begins with.
    pub fn header(&self) -> Option<ResponseHeader> {
        Some(ResponseHeader { cluster_id: MEMBER, member_id: MEMBER, revision: self.store.revision(), raft_term: 1 })
    }

    /// Carries out what the log tells of.
    pub fn replay(&mut self, record: Record) {
        for event in &record.events {
            self.apply(event);
        }
        if let Some(Granted { id, ttl }) = record.granted {
            self.leases.grant(id, ttl);
        }
        self.leases.remove(record.revoked);
        if record.compacted != 0 {
            self.store.compact(record.compacted);
        }
    }

    /// Carries out a change, and notes it for the log.
    pub fn change(&mut self, record: Record) {
        self.replay(record.clone());
        self.records.push(record);
    }

    /// One change of one key, with all that hangs on it. Who calls this has to [`State::note`] it in the end.
    pub fn apply(&mut self, event: &Event) {
        let Some(kv) = &event.kv else { return };
        let old = self.store.get(&kv.key, NEWEST).map_or(0, |kv| kv.lease);
        // A deletion has no lease.
        self.leases.move_key(&kv.key, old, kv.lease);
        self.store.apply(event);
    }

    /// Notes for the log what was applied by one transaction. One that has changed nothing needs no record.
    pub fn note(&mut self, events: Vec<Event>) {
        if !events.is_empty() {
            self.records.push(Record { events, ..Record::default() });
        }
    }

    /// What the log does not have yet.
    pub fn take_records(&mut self) -> Vec<Record> {
        std::mem::take(&mut self.records)
    }

    /// Ends a lease, and deletes its keys, all in one revision.
    pub fn revoke(&mut self, id: LeaseId) {
        let revision: Revision = self.store.revision() + 1;
        let keys = self.leases.get(id).into_iter().flat_map(|lease| &lease.keys);
        let gone: Vec<Event> = keys.map(|key| deletion(key, revision, None)).collect();
        todo!("a change that revokes {id}, with {gone:?}: one Record")
    }

    /// Ends the leases whose time is over.
    pub fn expire(&mut self) {
        for id in self.leases.expired(Instant::now()) {
            self.revoke(id);
        }
    }
}
