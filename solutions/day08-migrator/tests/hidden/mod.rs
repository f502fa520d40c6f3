//! The tests that only the course holder has. They vary inputs and combine what the page states.

mod bad_input;
mod changed_file_is_detected;
mod down;
mod dry_run;
mod eight_processes_apply_once;
mod failed_migration_rolls_back;
mod kill9;
mod sqlx_reads_what_we_wrote;
mod status;
mod up;
