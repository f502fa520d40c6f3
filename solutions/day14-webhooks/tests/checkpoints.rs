//! All tests of day 14: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day14-webhooks/tests/visible.rs"]
mod visible;

mod hidden;
