//! All tests of day 24: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day24-git-ci/tests/visible.rs"]
mod visible;

mod hidden;
