//! The tests that only the course holder has. They vary inputs and combine what the page states.

mod malformed_lines_are_counted;
mod memory_stays_flat;
mod non_utf8;
mod parses_combined_format;
mod percentiles;
mod rotated_gz;
mod time_window;
mod top_paths_and_statuses;
