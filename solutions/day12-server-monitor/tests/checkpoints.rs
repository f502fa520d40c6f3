//! All tests of day 12: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day12-server-monitor/tests/visible.rs"]
mod visible;

mod hidden;
