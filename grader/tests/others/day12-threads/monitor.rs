//! A thread for each target, and one for the webhook.

use crate::{
    config::{Alert, Config, Probe, Settings},
    record::Record,
};
use others::client::{Failure, connect, send};
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread::{self, sleep},
    time::{Duration, Instant},
};

/// A target, its record, and whether its thread is to go on.
pub struct Target {
    pub settings: Settings,
    record: Arc<Mutex<Record>>,
    stopped: Mutex<bool>,
    stop: Condvar,
}

/// All that is watched at present.
pub struct Monitor {
    targets: Mutex<Vec<Arc<Target>>>,
    alert: Arc<Mutex<Alert>>,
    messages: Sender<Value>,
}

impl Monitor {
    /// Begins to watch.
    pub fn start(config: Config) -> Monitor {
        let alert = Arc::new(Mutex::new(config.alert.clone()));
        let (messages, queue) = channel();
        let rules = Arc::clone(&alert);
        thread::spawn(move || deliver(&queue, &rules));
        let monitor = Monitor { targets: Mutex::default(), alert, messages };
        monitor.apply(config);
        monitor
    }

    /// Goes on with another config. What is known of a target stays with its name.
    pub fn apply(&self, config: Config) {
        *lock(&self.alert) = config.alert;
        let mut targets = lock(&self.targets);
        let mut old: HashMap<_, _> = targets.drain(..).map(|target| (target.settings.name.clone(), target)).collect();
        for settings in config.targets {
            let target = match old.remove(&settings.name) {
                Some(same) if same.settings == settings => same,
                Some(other) => {
                    other.end();
                    self.watch(settings, Arc::clone(&other.record))
                }
                None => self.watch(settings, Arc::default()),
            };
            targets.push(target);
        }
        for gone in old.values() {
            gone.end();
        }
    }

    /// In the order of the config.
    pub fn targets(&self) -> Vec<Arc<Target>> {
        lock(&self.targets).clone()
    }

    fn watch(&self, settings: Settings, record: Arc<Mutex<Record>>) -> Arc<Target> {
        let target = Arc::new(Target { settings, record, stopped: Mutex::new(false), stop: Condvar::new() });
        let (watched, alert, messages) = (Arc::clone(&target), Arc::clone(&self.alert), self.messages.clone());
        thread::spawn(move || watched.watch(&alert, &messages));
        target
    }
}

impl Target {
    pub fn record(&self) -> MutexGuard<'_, Record> {
        lock(&self.record)
    }

    fn watch(&self, alert: &Mutex<Alert>, messages: &Sender<Value>) {
        loop {
            let began = Instant::now();
            let error = probe(&self.settings, began + self.settings.timeout).err();
            let rules = lock(alert).clone();
            // Whoever has ended the thread does not want to hear of this probe any more.
            let stopped = lock(&self.stopped);
            if *stopped {
                return;
            }
            let mut record = self.record();
            if let Some(message) = record.note(&self.settings.name, error, began.elapsed(), &rules) {
                let _ = messages.send(message);
            }
            drop(record);
            let pause = self.settings.interval.saturating_sub(began.elapsed());
            let wait = self.stop.wait_timeout_while(stopped, pause, |stopped| !*stopped);
            if *wait.unwrap_or_else(PoisonError::into_inner).0 {
                return;
            }
        }
    }

    fn end(&self) {
        *lock(&self.stopped) = true;
        self.stop.notify_all();
    }
}

fn probe(settings: &Settings, deadline: Instant) -> Result<(), String> {
    let status = match &settings.probe {
        Probe::Tcp => connect(&settings.address, deadline).map(|_| 200),
        Probe::Http(place) => {
            let line = format!("GET {}", place.target);
            send(&place.host, &line, &[], b"", deadline).map(|answer| answer.status)
        }
    };
    match status {
        Ok(200..=299) => Ok(()),
        Ok(other) => Err(format!("it answered with status {other}")),
        Err(Failure::Late) => Err("it took too long".to_owned()),
        Err(Failure::Broken) => Err("there is no connection, or it broke".to_owned()),
    }
}

/// One message after the other, each until it is accepted.
fn deliver(queue: &Receiver<Value>, alert: &Mutex<Alert>) {
    for message in queue {
        while let Some(pause) = rejected(&message, alert) {
            sleep(pause);
        }
    }
}

/// How long to wait if the webhook has not accepted the message. Without a webhook nobody has to be told.
fn rejected(message: &Value, alert: &Mutex<Alert>) -> Option<Duration> {
    let alert = lock(alert).clone();
    let place = alert.webhook?;
    let headers = [("Content-Type", "application/json")];
    let body = format!("{message:#}");
    let line = format!("POST {}", place.target);
    let answer = send(&place.host, &line, &headers, body.as_bytes(), Instant::now() + alert.timeout);
    let accepted = answer.is_ok_and(|answer| (200..300).contains(&answer.status));
    (!accepted).then_some(alert.retry)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
