//! One room: who is in it, and what was said last.

use crate::message::Said;
use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

#[derive(Debug, Default)]
pub struct Room {
    pub members: BTreeSet<String>,
    /// The last messages, the oldest in front.
    messages: VecDeque<Arc<Said>>,
    last_id: u64,
}

impl Room {
    /// The number of the next message.
    pub fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Remembers a message, and forgets the oldest when there are more than `history`.
    pub fn remember(&mut self, said: Arc<Said>, history: usize) {
        self.messages.push_back(said);
        while self.messages.len() > history {
            self.messages.pop_front();
        }
    }

    /// The messages after the last one that somebody has seen, and whether some of those are forgotten. Without one, all
    /// that are remembered.
    pub fn since(&self, seen: Option<u64>) -> (Vec<Arc<Said>>, bool) {
        let all = || self.messages.iter().map(Arc::clone);
        match seen {
            None => (all().collect(), false),
            // A number from the future belongs to an earlier run of the server: whoever comes with it has seen nothing.
            Some(seen) if seen > self.last_id => (all().collect(), true),
            Some(seen) => {
                let forgotten = self.last_id - self.messages.len() as u64;
                (all().filter(|said| said.id > seen).collect(), seen < forgotten)
            }
        }
    }

    /// Nobody is here, and nobody could tell whether anybody ever was.
    pub fn is_blank(&self) -> bool {
        self.members.is_empty() && self.last_id == 0
    }
}
