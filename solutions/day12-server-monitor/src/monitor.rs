//! Who is watched: one task for each target, so that none can hold up another.

use crate::{
    alert::{Message, Outbox},
    config::{Config, Target},
    probe,
    record::Record,
};
use reqwest::Client;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    task::AbortHandle,
    time::{Instant, MissedTickBehavior},
};

/// All that is watched, and what is known of it.
#[derive(Debug)]
pub struct Monitor {
    client: Client,
    outbox: Arc<Outbox>,
    /// In the order of the config.
    watched: Mutex<Vec<Watched>>,
    reloads: Mutex<Reloads>,
}

/// What became of the reloads so far.
#[derive(Debug, Clone, Copy)]
pub struct Reloads {
    pub successes: u64,
    pub failures: u64,
    /// Whether the last one was a success; true before the first.
    pub last_succeeded: bool,
}

/// A target and the task that watches it. The task ends when this is dropped.
#[derive(Debug)]
struct Watched {
    target: Arc<Target>,
    record: Arc<Mutex<Record>>,
    task: AbortHandle,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Monitor {
    /// A monitor that watches nothing yet.
    ///
    /// # Errors
    /// When there can be no HTTP client.
    pub fn new() -> reqwest::Result<Monitor> {
        let client = probe::client()?;
        let outbox = Arc::new(Outbox::start(client.clone()));
        let reloads = Mutex::new(Reloads { successes: 0, failures: 0, last_succeeded: true });
        Ok(Monitor { client, outbox, watched: Mutex::default(), reloads })
    }

    /// Watches what `config` says, from now on. A target that has not changed does not notice. One that has keeps its
    /// record, because that belongs to the name.
    pub fn apply(&self, config: Config) {
        self.outbox.configure(config.delivery);
        let mut watched = lock(&self.watched);
        let mut before: HashMap<_, _> = watched.drain(..).map(|old| (old.target.name.clone(), old)).collect();
        for target in config.targets {
            let next = match before.remove(&target.name) {
                Some(old) if *old.target == target => old,
                Some(old) => self.watch(target, Arc::clone(&old.record)),
                None => self.watch(target, Arc::default()),
            };
            watched.push(next);
        }
    }

    /// Counts a reload of the config.
    pub fn note_reload(&self, succeeded: bool) {
        let mut reloads = lock(&self.reloads);
        match succeeded {
            true => reloads.successes += 1,
            false => reloads.failures += 1,
        }
        reloads.last_succeeded = succeeded;
    }

    /// The reloads so far.
    pub fn reloads(&self) -> Reloads {
        *lock(&self.reloads)
    }

    /// All targets and a copy of what is known of each, in the order of the config.
    pub fn targets(&self) -> Vec<(Arc<Target>, Record)> {
        lock(&self.watched).iter().map(|one| (Arc::clone(&one.target), lock(&one.record).clone())).collect()
    }

    fn watch(&self, target: Target, record: Arc<Mutex<Record>>) -> Watched {
        let target = Arc::new(target);
        let watching = watch(self.client.clone(), Arc::clone(&target), Arc::clone(&record), Arc::clone(&self.outbox));
        Watched { target, record, task: tokio::spawn(watching).abort_handle() }
    }
}

/// Probes the target now and then once in each interval, for ever. The next probe never begins before the end of the
/// last.
async fn watch(client: Client, target: Arc<Target>, record: Arc<Mutex<Record>>, outbox: Arc<Outbox>) {
    let mut ticks = tokio::time::interval(target.interval);
    // What was missed while a probe took long is not made up for.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let started = Instant::now();
        let outcome = probe::probe(&client, &target).await;
        let mut record = lock(&record);
        let change = record.note(outcome, started.elapsed(), target.rule);
        // Still under the lock, and without an await: a task that is ended here has either noted and sent, or neither.
        if let (Some(change), Some(last)) = (change, record.last.clone()) {
            outbox.send(Message::new(change, &target.name, last.error, last.at));
        }
    }
}

/// A panic elsewhere leaves nothing half done behind these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
