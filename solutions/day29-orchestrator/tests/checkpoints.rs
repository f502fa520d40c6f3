//! All tests of day 29: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day29-orchestrator/tests/visible.rs"]
mod visible;

mod hidden;
