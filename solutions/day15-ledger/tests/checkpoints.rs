//! All tests of day 15: those that the learner can read, and the hidden ones.

#[path = "../../../exercises/day15-ledger/tests/visible.rs"]
mod visible;

mod hidden;
