//! Percentiles of how long requests took.

use crate::report::Percentiles;
use std::collections::BTreeMap;

/// How many requests took how many milliseconds. A million requests share a few thousand different times, so counting
/// them takes little memory and loses nothing.
#[derive(Debug, Default)]
pub struct Times {
    counts: BTreeMap<u64, u64>,
    total: u64,
}

impl Times {
    pub fn add(&mut self, milliseconds: u64) {
        *self.counts.entry(milliseconds).or_default() += 1;
        self.total += 1;
    }

    /// None when no time was added.
    pub fn percentiles(&self) -> Option<Percentiles> {
        Some(Percentiles { p50: self.at(50)?, p90: self.at(90)?, p99: self.at(99)?, max: self.at(100)? })
    }

    /// The nearest rank: the smallest time that at least `percent` of the requests did not exceed.
    fn at(&self, percent: u64) -> Option<u64> {
        let rank = (self.total * percent).div_ceil(100);
        let mut seen = 0;
        self.counts.iter().find_map(|(milliseconds, count)| {
            seen += count;
            (seen >= rank).then_some(*milliseconds)
        })
    }
}
