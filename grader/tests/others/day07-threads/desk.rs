//! What is known, who is asked at the moment, and whether anybody may be asked: all behind one lock.

use crate::upstream::{Observation, Outcome};
use std::{
    collections::HashMap,
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Times and limits from the command line.
pub struct Rules {
    pub ttl: Duration,
    pub stale: Duration,
    pub capacity: usize,
    pub breaker_failures: u64,
    pub breaker: Duration,
}

/// An answer that is remembered.
#[derive(Clone)]
pub struct Entry {
    pub observation: Arc<Observation>,
    pub fetched: Instant,
    /// The number of the request that asked for it last.
    asked: u64,
}

impl Entry {
    /// One that is shown and not kept.
    pub fn new(observation: Arc<Observation>, fetched: Instant) -> Entry {
        Entry { observation, fetched, asked: 0 }
    }
}

/// The outcome of a call that clients wait for.
#[derive(Default)]
pub struct Flight {
    outcome: Mutex<Option<Outcome>>,
    landed: Condvar,
}

impl Flight {
    pub fn wait(&self) -> Outcome {
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(outcome) = &*outcome {
                return outcome.clone();
            }
            outcome = self.landed.wait(outcome).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub fn land(&self, outcome: Outcome) {
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        self.landed.notify_all();
    }
}

/// What a client has to do.
pub enum Turn {
    /// Take this.
    Fresh(Entry),
    /// Wait for a call that is on its way.
    Join(Arc<Flight>),
    /// Make a call; what is known already may be confirmed. `probe` means that the circuit is half open.
    Call { flight: Arc<Flight>, known: Option<Entry>, probe: bool },
    /// Nobody may be asked until then.
    Closed(Instant),
}

/// The state of the program.
pub struct Desk {
    rules: Rules,
    entries: HashMap<String, Entry>,
    flights: HashMap<String, (Arc<Flight>, u64)>,
    requests: u64,
    /// After 429.
    pause: Option<Instant>,
    failures: u64,
    open: Option<Instant>,
    probing: bool,
}

impl Desk {
    pub fn new(rules: Rules) -> Desk {
        let (entries, flights) = (HashMap::new(), HashMap::new());
        Desk { rules, entries, flights, requests: 0, pause: None, failures: 0, open: None, probing: false }
    }

    /// A client comes and asks for a city.
    pub fn enter(&mut self, city: &str) -> Turn {
        let now = Instant::now();
        self.requests += 1;
        if let Some(entry) = self.entries.get_mut(city) {
            entry.asked = self.requests;
            if now.saturating_duration_since(entry.fetched) < self.rules.ttl {
                return Turn::Fresh(entry.clone());
            }
        }
        if let Some((flight, asked)) = self.flights.get_mut(city) {
            *asked = self.requests;
            return Turn::Join(Arc::clone(flight));
        }
        if let Some(until) = self.paused(now) {
            return Turn::Closed(until);
        }
        let probe = self.open.is_some();
        match self.open {
            Some(until) if until > now => return Turn::Closed(until),
            Some(_) if self.probing => return Turn::Closed(now + Duration::from_secs(1)),
            Some(_) => self.probing = true,
            None => {}
        }
        let flight = Arc::new(Flight::default());
        self.flights.insert(city.to_owned(), (Arc::clone(&flight), self.requests));
        Turn::Call { flight, known: self.entries.get(city).cloned(), probe }
    }

    /// Until when the weather service has asked to be left alone.
    pub fn paused(&self, now: Instant) -> Option<Instant> {
        self.pause.filter(|until| *until > now)
    }

    /// A call has ended.
    pub fn leave(&mut self, city: &str, outcome: &Outcome, probe: bool) {
        let now = Instant::now();
        let asked = self.flights.remove(city).map_or(self.requests, |(_, asked)| asked);
        if probe {
            self.probing = false;
        }
        match outcome {
            Outcome::Late | Outcome::Bad => {
                self.failures = self.failures.saturating_add(1);
                // Calls that began before the circuit opened do not keep it open for longer.
                if probe || (self.open.is_none() && self.failures >= self.rules.breaker_failures) {
                    self.open = Some(now + self.rules.breaker);
                }
                return;
            }
            Outcome::Found { observation, fetched, .. } => {
                let entry = Entry { observation: Arc::clone(observation), fetched: *fetched, asked };
                self.entries.insert(city.to_owned(), entry);
                self.shrink();
            }
            Outcome::Unknown => {
                self.entries.remove(city);
            }
            Outcome::Busy(until) => self.pause = self.pause.max(Some(*until)),
        }
        self.failures = 0;
        self.open = None;
    }

    /// What may stand in for an error.
    pub fn stand_in(&self, city: &str) -> Option<Entry> {
        let entry = self.entries.get(city)?;
        let age = Instant::now().saturating_duration_since(entry.fetched);
        (age <= self.rules.ttl + self.rules.stale).then(|| entry.clone())
    }

    fn shrink(&mut self) {
        while self.entries.len() > self.rules.capacity {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.asked).map(|(city, _)| city.clone());
            match oldest {
                Some(city) => self.entries.remove(&city),
                None => return,
            };
        }
    }
}
