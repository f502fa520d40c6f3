//! Wakes who waits for messages. A bell carries no message: who hears it looks into the database, and may find that
//! another was faster.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

type Map = HashMap<i64, watch::Sender<()>>;

/// A bell for each queue that somebody has waited at, by the queue's id. Cloning is cheap.
#[derive(Debug, Clone, Default)]
pub struct Bells {
    bells: Arc<Mutex<Map>>,
}

impl Bells {
    /// Hears every ring from now on, also one that comes before somebody waits for it.
    pub fn listen(&self, queue: i64) -> watch::Receiver<()> {
        self.lock().entry(queue).or_default().subscribe()
    }

    /// Something about this queue has changed. Call it after the commit, or who is woken sees nothing.
    pub fn ring(&self, queue: i64) {
        if let Some(bell) = self.lock().get(&queue) {
            bell.send_replace(());
        }
    }

    /// The queue is gone: wakes who waits, and forgets its bell.
    pub fn remove(&self, queue: i64) {
        self.lock().remove(&queue);
    }

    fn lock(&self) -> MutexGuard<'_, Map> {
        self.bells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
