//! All tests of day 5: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day05-link-shortener/tests/visible.rs"]
mod visible;

mod hidden;
