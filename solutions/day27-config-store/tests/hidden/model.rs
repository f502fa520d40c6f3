//! A store that is simple instead of fast: all keys as they were at each revision.

use crate::visible::support::{
    Client, Event, EventType, KeyValue, RequestOp, TxnRequest, delete, delete_prefix, put, revision,
};
use harness::{Random, expect};
use std::collections::BTreeMap;

pub type Keys = BTreeMap<Vec<u8>, KeyValue>;

/// What a store should contain after what was done to it.
pub struct Model {
    /// Below which all its keys are, of which there are few.
    pub root: String,
    /// At each revision, beginning with 1.
    pub states: Vec<Keys>,
    /// What each revision changed, beginning with 2.
    pub changes: Vec<Vec<Event>>,
}

impl Model {
    pub fn new(root: String) -> Model {
        Model { root, states: vec![Keys::new()], changes: Vec::new() }
    }

    pub fn revision(&self) -> i64 {
        self.states.len() as i64
    }

    pub fn at(&self, revision: i64) -> &Keys {
        &self.states[(revision - 1) as usize]
    }

    pub fn now(&self) -> &Keys {
        self.at(self.revision())
    }

    /// All events from a revision on.
    pub fn events_from(&self, revision: i64) -> Vec<Event> {
        self.changes[(revision - 2) as usize..].concat()
    }

    /// Makes a random change of model and store.
    pub async fn change(&mut self, client: &Client, random: &mut Random) {
        let mut keys: Vec<_> = (0..6).map(|number| format!("{}/{number}", self.root)).collect();
        random.shuffle(&mut keys);
        // A transaction of one to three operations, now and then one that changes nothing.
        let (mut operations, mut puts, mut deleted) = (Vec::<RequestOp>::new(), Vec::new(), Vec::new());
        for key in keys.iter().take(1 + random.below(3)) {
            if random.one_in(3) {
                operations.push(delete(key).into());
                deleted.push(key.clone().into_bytes());
            } else {
                let value = random.word();
                operations.push(put(key, &value).into());
                puts.push((key.clone().into_bytes(), value.into_bytes()));
            }
        }
        if random.one_in(12) {
            operations = vec![delete_prefix(&self.root).into()];
            puts.clear();
            deleted = self.now().keys().cloned().collect();
        }
        let (next, mut state, mut events) = (self.revision() + 1, self.now().clone(), BTreeMap::new());
        for key in deleted {
            if state.remove(&key).is_some() {
                let kv = KeyValue { key: key.clone(), mod_revision: next, ..KeyValue::default() };
                events.insert(key, Event { r#type: EventType::Delete.into(), kv: Some(kv), prev_kv: None });
            }
        }
        for (key, value) in puts {
            let before = state.get(&key);
            let kv = KeyValue {
                key: key.clone(),
                value,
                create_revision: before.map_or(next, |kv| kv.create_revision),
                mod_revision: next,
                version: before.map_or(0, |kv| kv.version) + 1,
                lease: 0,
            };
            events.insert(key.clone(), Event { r#type: EventType::Put.into(), kv: Some(kv.clone()), prev_kv: None });
            state.insert(key, kv);
        }
        if !events.is_empty() {
            self.states.push(state);
            self.changes.push(events.into_values().collect());
        }
        let transaction = TxnRequest { success: operations, ..TxnRequest::default() };
        let shown = crate::visible::support::Rpc::shown(&transaction);
        let answer = client.send(transaction).await;
        expect("a transaction has one revision if it changes something, and none otherwise")
            .request(shown)
            .eq(revision(answer.header), self.revision());
    }
}

/// Events by revision, and within one by key: in which order one transaction's come is its own affair.
pub fn sorted(mut events: Vec<Event>) -> Vec<Event> {
    let place = |event: &Event| event.kv.as_ref().map(|kv| kv.key.clone());
    for of_one in events.chunk_by_mut(|one, other| revision_of(one) == revision_of(other)) {
        of_one.sort_by_key(place);
    }
    events
}

pub fn revision_of(event: &Event) -> i64 {
    event.kv.as_ref().map_or(0, |kv| kv.mod_revision)
}
