//! All tests of day 8: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day08-migrator/tests/visible.rs"]
mod visible;

mod hidden;
