//! All tests of day 4: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day04-http-server/tests/visible.rs"]
mod visible;

mod hidden;
