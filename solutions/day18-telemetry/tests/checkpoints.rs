//! All tests of day 18: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day18-telemetry/tests/visible.rs"]
mod visible;

mod hidden;
