//! All tests of day 9: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day09-etl/tests/visible.rs"]
mod visible;

mod hidden;
