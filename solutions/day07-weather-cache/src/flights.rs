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
        let mut outcome = {
            let mut open = lock(&self.open);
            match open.get(key) {
                Some(outcome) => outcome.clone(),
                None => {
                    let (sender, outcome) = watch::channel(None);
                    open.insert(key.to_owned(), outcome.clone());
                    let landing = Landing { key: key.to_owned(), open: Arc::clone(&self.open) };
                    tokio::spawn(async move {
                        let value = call.await;
                        drop(landing);
                        sender.send_replace(Some(value));
                    });
                    outcome
                }
            }
        };
        let value = outcome.wait_for(Option::is_some).await.ok()?;
        value.clone()
    }
}

/// Takes the call off the list at its end, also when it panics.
struct Landing<T> {
    key: String,
    open: Arc<Mutex<Open<T>>>,
}

impl<T> Drop for Landing<T> {
    fn drop(&mut self) {
        lock(&self.open).remove(&self.key);
    }
}

fn lock<T>(open: &Mutex<Open<T>>) -> MutexGuard<'_, Open<T>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}
