//! All tests of day 6: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day06-accounts/tests/visible.rs"]
mod visible;

mod hidden;
