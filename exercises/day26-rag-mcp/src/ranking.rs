//! What is near: vectors as bytes, the cosine between two of them, and the best of a list.

/// A vector as it is stored.
pub fn to_bytes(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// The cosine of the angle between a vector and a stored one: 1 where both point the same way, whatever their lengths.
/// None when they have not the same number of parts, or one is zero: they cannot be compared then.
pub fn cosine(vector: &[f32], stored: &[u8]) -> Option<f64> {
    todo!("read numbers of four bytes from {stored:?}, and compare them with {vector:?}")
}

/// Sorts by score, the best first, and keeps `count`. Equal scores go by id, so that the order is always the same.
pub fn best(scores: Vec<(i64, f64)>, count: usize) -> Vec<(i64, f64)> {
    todo!("the {count} best of {scores:?}")
}
