//! A token bucket for each client.

use crate::config::Limit;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// So many clients are remembered before the first look at which can be forgotten.
const SWEEP_AT_LEAST: usize = 10_000;

#[derive(Debug, Default)]
pub struct Limiter(Mutex<Buckets>);

#[derive(Debug, Default)]
struct Buckets {
    of: HashMap<IpAddr, Bucket>,
    sweep_at: usize,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    /// When `tokens` was right. It is not filled by a clock: what has flowed in since is counted when somebody takes.
    at: Instant,
}

impl Limiter {
    /// Takes a token out of the client's bucket.
    ///
    /// # Errors
    /// The seconds until there is one, rounded up.
    pub fn take(&self, client: IpAddr, limit: &Limit) -> Result<(), u64> {
        let now = Instant::now();
        let (burst, per_second) = (f64::from(limit.burst.get()), f64::from(limit.per_minute.get()) / 60.0);
        let tokens = |bucket: &Bucket| (bucket.tokens + (now - bucket.at).as_secs_f64() * per_second).min(burst);

        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.of.len() >= buckets.sweep_at.max(SWEEP_AT_LEAST) {
            // A full bucket says nothing that a new one would not say.
            buckets.of.retain(|_, bucket| tokens(bucket) < burst);
            buckets.sweep_at = buckets.of.len() * 2;
        }
        let bucket = buckets.of.entry(client).or_insert(Bucket { tokens: burst, at: now });
        *bucket = Bucket { tokens: tokens(bucket), at: now };
        if bucket.tokens < 1.0 {
            // Seconds of at most an hour, which an integer holds.
            return Err(((1.0 - bucket.tokens) / per_second).ceil() as u64);
        }
        bucket.tokens -= 1.0;
        Ok(())
    }
}
