//! All tests of day 10: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day10-resp-kv/tests/visible.rs"]
mod visible;

mod hidden;
