//! What is known of a target.

use crate::config::Alert;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

/// The upper ends of the buckets, in seconds and as they are shown.
pub const BUCKETS: [(f64, &str); 12] = [
    (0.005, "0.005"),
    (0.01, "0.01"),
    (0.025, "0.025"),
    (0.05, "0.05"),
    (0.1, "0.1"),
    (0.25, "0.25"),
    (0.5, "0.5"),
    (1.0, "1"),
    (2.5, "2.5"),
    (5.0, "5"),
    (10.0, "10"),
    (f64::INFINITY, "+Inf"),
];

#[derive(Debug, Default)]
pub struct Record {
    pub up: Option<bool>,
    pub successes: u64,
    pub failures: u64,
    pub last_check: Option<String>,
    pub last_error: Option<String>,
    pub firing: bool,
    /// How many probes took at most so long, by bucket.
    pub buckets: [u64; BUCKETS.len()],
    pub seconds: f64,
    /// Outcomes in a row that are like the last one.
    streak: u64,
}

impl Record {
    /// Notes the outcome of a probe; returns the message if the alert has changed.
    pub fn note(&mut self, name: &str, error: Option<String>, took: Duration, rules: &Alert) -> Option<Value> {
        let up = error.is_none();
        self.streak = if self.up == Some(up) { self.streak + 1 } else { 1 };
        self.up = Some(up);
        let at = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        *(if up { &mut self.successes } else { &mut self.failures }) += 1;
        self.seconds += took.as_secs_f64();
        for (count, (end, _)) in self.buckets.iter_mut().zip(BUCKETS) {
            *count += u64::from(took.as_secs_f64() <= end);
        }
        self.last_check = Some(at.clone());
        self.last_error = error;

        let needed = if up { rules.recover_after } else { rules.fail_after };
        if self.firing != up || self.streak < needed {
            return None;
        }
        self.firing = !up;
        let status = if up { "resolved" } else { "firing" };
        Some(json!({"at": at, "error": self.last_error, "target": name, "status": status}))
    }
}
