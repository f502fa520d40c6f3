//! The tests that only the course holder has. They vary inputs and combine what the page states.

mod add_and_list;
mod bad_input;
mod broken_pipe;
mod cycles_are_refused;
mod damaged_file_is_reported;
mod done_unlocks_next;
mod json_is_stable;
mod kill9;
mod parallel_writers;
mod plan_respects_needs;
