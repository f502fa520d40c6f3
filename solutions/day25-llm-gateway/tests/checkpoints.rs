//! All tests of this day: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day25-llm-gateway/tests/visible.rs"]
mod visible;

mod hidden;
