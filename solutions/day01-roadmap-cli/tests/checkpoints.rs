//! All tests of day 1: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day01-roadmap-cli/tests/visible.rs"]
mod visible;

mod hidden;
