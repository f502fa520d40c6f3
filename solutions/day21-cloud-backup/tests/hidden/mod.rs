//! The tests that only the course holder has. They vary inputs and combine what the page states.

mod concurrent_backups;
mod deduplication_saves_bytes;
mod faults_503_truncation_paging;
mod kill9_leaves_no_partial_snapshot;
mod list_and_prune;
mod live_sqlite_is_consistent;
mod nothing_leaks;
mod retention_policy;
mod round_trip_each_cloud;
mod round_trip_file;
mod tampering_is_detected;
