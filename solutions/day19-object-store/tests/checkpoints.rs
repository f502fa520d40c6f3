//! All tests of day 19: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day19-object-store/tests/visible.rs"]
mod visible;

mod hidden;
