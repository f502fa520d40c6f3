//! All tests of day 7: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day07-weather-cache/tests/visible.rs"]
mod visible;

mod hidden;
