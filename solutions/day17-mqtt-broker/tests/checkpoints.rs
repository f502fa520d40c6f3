//! All tests of day 17: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day17-mqtt-broker/tests/visible.rs"]
mod visible;

mod hidden;
