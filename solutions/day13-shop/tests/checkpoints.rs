//! All tests of day 13: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day13-shop/tests/visible.rs"]
mod visible;

mod hidden;
