//! A token bucket for each client.

use crate::config::Limit;
use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

#[derive(Debug, Default)]
pub struct Limiter(Mutex<Buckets>);

/// How many tokens each client has, and since when.
#[derive(Debug, Default)]
struct Buckets;

impl Limiter {
    /// Takes a token out of the client's bucket.
    ///
    /// # Errors
    /// The seconds until there is one, rounded up.
    pub fn take(&self, client: IpAddr, limit: &Limit) -> Result<(), u64> {
        let buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        todo!(
            "take one of the {} tokens of {client}, which come back at {} a minute: {buckets:?}",
            limit.burst,
            limit.per_minute
        )
    }
}
