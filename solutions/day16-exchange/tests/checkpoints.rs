//! All tests of day 16: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day16-exchange/tests/visible.rs"]
mod visible;

mod hidden;
