//! What is near: vectors as bytes, the cosine between two of them, and one list made of two.

use std::{cmp::Ordering, collections::HashMap};

/// Damps the difference between the first places of a list (Cormack, Clarke and Büttcher, 2009).
const DAMPING: f64 = 60.0;

/// A vector as it is stored.
pub fn to_bytes(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// The cosine of the angle between a vector and a stored one: 1 where both point the same way, whatever their lengths.
/// None when they have not the same number of parts, or one is zero: they cannot be compared then.
pub fn cosine(vector: &[f32], stored: &[u8]) -> Option<f64> {
    if stored.len() != vector.len() * 4 {
        return None;
    }
    let (mut product, mut one, mut other) = (0.0, 0.0, 0.0);
    for (a, bytes) in vector.iter().zip(stored.as_chunks().0) {
        let (a, b) = (f64::from(*a), f64::from(f32::from_le_bytes(*bytes)));
        product += a * b;
        one += a * a;
        other += b * b;
    }
    let cosine = product / (one.sqrt() * other.sqrt());
    cosine.is_finite().then_some(cosine)
}

/// Sorts by score, the best first, and keeps `count`. Equal scores go by id, so that the order is always the same.
pub fn best(mut scores: Vec<(i64, f64)>, count: usize) -> Vec<(i64, f64)> {
    scores.sort_by(|(a, x), (b, y)| y.partial_cmp(x).unwrap_or(Ordering::Equal).then(a.cmp(b)));
    scores.truncate(count);
    scores
}

/// Reciprocal rank fusion: what stands high in several lists stands highest. Their scores mean different things and are not
/// looked at.
pub fn fuse(lists: &[Vec<i64>]) -> Vec<(i64, f64)> {
    let mut scores: HashMap<i64, f64> = HashMap::new();
    for list in lists {
        for (rank, id) in (1_u32..).zip(list) {
            *scores.entry(*id).or_default() += 1.0 / (DAMPING + f64::from(rank));
        }
    }
    scores.into_iter().collect()
}
