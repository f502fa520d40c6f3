//! All tests of day 23: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day23-gateway/tests/visible.rs"]
mod visible;

mod hidden;
