//! All tests of day 11: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day11-chat/tests/visible.rs"]
mod visible;

mod hidden;
