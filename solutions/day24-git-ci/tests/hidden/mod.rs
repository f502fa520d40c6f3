//! The tests of day 24 that learners do not see.

mod auth;
mod clone_and_push;
mod hostile_refs_and_paths;
mod kill9_marks_interrupted;
mod packs_are_streamed;
mod protocol_v2_gzip;
mod run_on_push;
mod secrets_are_masked;
mod status_and_logs;
mod superseded_runs_cancel;
mod timeout_kills_the_whole_tree;
