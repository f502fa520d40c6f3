//! All tests of day 2: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day02-log-analyzer/tests/visible.rs"]
mod visible;

mod hidden;
