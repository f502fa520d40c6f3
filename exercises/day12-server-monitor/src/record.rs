//! What is known of one target: counts that only grow, the last probe, and whether its alert fires.

use crate::config::Rule;
use jiff::Timestamp;
use std::time::Duration;

/// Upper bounds of the buckets of a histogram, in seconds. Above the last there is one more.
pub const BOUNDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// What is known of a target. It belongs to the target's name and outlives reloads of the config.
#[derive(Debug, Clone, Default)]
pub struct Record {
    pub successes: u64,
    pub failures: u64,
    pub durations: Histogram,
    /// None until the first probe has ended.
    pub last: Option<Last>,
    /// The alert has fired and is not resolved.
    pub firing: bool,
    /// The length of the run of equal outcomes that the last probe belongs to.
    in_a_row: u32,
}

/// The last probe.
#[derive(Debug, Clone)]
pub struct Last {
    pub at: Timestamp,
    /// None after a success.
    pub error: Option<String>,
}

/// How an alert changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Fires,
    Resolves,
}

impl Record {
    /// Takes in the outcome of a probe that took `took`. Returns how the alert changes by it, if it does.
    pub fn note(&mut self, outcome: Result<(), String>, took: Duration, rule: Rule) -> Option<Change> {
        self.durations.observe(took);
        let change = if outcome.is_err() { Change::Fires } else { Change::Resolves };
        todo!("count it as run {} of its kind, and say {change:?} if {rule:?} wants it", self.in_a_row + 1)
    }
}

/// How long probes took.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    /// How many fell into each bucket and into none below it; the last is for those above all bounds.
    buckets: [u64; BOUNDS.len() + 1],
    /// Of all, in seconds.
    pub sum: f64,
}

impl Histogram {
    fn observe(&mut self, took: Duration) {
        self.sum += took.as_secs_f64();
    }

    /// Each bound with the number of probes that took at most so long; infinity, with all of them, comes last.
    pub fn cumulative(&self) -> impl Iterator<Item = (f64, u64)> {
        BOUNDS.into_iter().zip(self.buckets)
    }
}
