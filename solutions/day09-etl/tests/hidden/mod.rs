//! The tests of day 9 that learners do not see.

mod exact_decimals;
mod kill9_exactly_once;
mod latest_wins;
mod loads_and_aggregates;
mod memory_stays_flat;
mod parallel_is_identical;
mod quoting_and_bom;
mod rejects_have_reasons;
mod second_run_is_locked_out;
