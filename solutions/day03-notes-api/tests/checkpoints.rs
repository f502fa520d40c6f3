//! All tests of day 3: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day03-notes-api/tests/visible.rs"]
mod visible;

mod hidden;
