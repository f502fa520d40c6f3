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
        todo!("count on from {}", self.last_id)
    }

    /// Remembers a message, and forgets the oldest when there are more than `history`.
    pub fn remember(&mut self, said: Arc<Said>, history: usize) {
        self.messages.push_back(said);
        todo!("keep {history} of {} messages", self.messages.len())
    }

    /// The messages after the last one that somebody has seen, and whether some of those are forgotten. Without one, all
    /// that are remembered.
    pub fn since(&self, seen: Option<u64>) -> (Vec<Arc<Said>>, bool) {
        // Everything, whatever was seen.
        (self.messages.iter().map(Arc::clone).collect(), seen.is_some())
    }
}
