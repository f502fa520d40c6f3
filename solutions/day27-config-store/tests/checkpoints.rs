//! All tests of day 20: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day27-config-store/tests/visible.rs"]
mod visible;

mod hidden;
