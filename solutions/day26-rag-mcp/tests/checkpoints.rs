//! All tests of this day: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day26-rag-mcp/tests/visible.rs"]
mod visible;

mod hidden;
