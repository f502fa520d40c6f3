//! Random measurements, and what the aggregates of them are: counted here in the plainest way.

use harness::Random;
use std::collections::BTreeMap;

/// A value of the field `v`. Values are quarters, so that sums and means are exact in any order.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    pub room: usize,
    pub time: i64,
    pub value: f64,
}

pub const ROOMS: [&str; 3] = ["attic", "hall", "kitchen"];

/// So many samples within these times, none at the same time as another.
pub fn samples(random: &mut Random, count: usize, times: std::ops::Range<i64>) -> Vec<Sample> {
    let mut found = BTreeMap::new();
    while found.len() < count {
        let time = random.between(times.start..=times.end - 1);
        let value = f64::from(i32::try_from(random.between(-4000..=4000)).unwrap_or(0)) / 4.0;
        found.insert(time, Sample { room: random.below(ROOMS.len()), time, value });
    }
    let mut samples: Vec<_> = found.into_values().collect();
    random.shuffle(&mut samples);
    samples
}

pub fn lines(samples: &[Sample]) -> String {
    samples.iter().map(|one| format!("air,room={} v={} {}\n", ROOMS[one.room], one.value, one.time)).collect()
}

/// `count`, `first`, `last`, `max`, `mean`, `min` and `sum`, in this order; none of nothing.
pub fn aggregates<'a>(samples: impl Iterator<Item = &'a Sample>) -> Option<[f64; 7]> {
    let mut samples: Vec<_> = samples.collect();
    samples.sort_by_key(|sample| sample.time);
    let (first, last) = (samples.first()?.value, samples.last()?.value);
    let values = || samples.iter().map(|sample| sample.value);
    let count = values().map(|_| 1.0).sum::<f64>();
    let sum = values().sum::<f64>();
    Some([count, first, last, values().fold(f64::MIN, f64::max), sum / count, values().fold(f64::MAX, f64::min), sum])
}

/// The same as they stand in a SELECT.
pub const FUNCTIONS: &str = "count(v), first(v), last(v), max(v), mean(v), min(v), sum(v)";
