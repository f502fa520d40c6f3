//! The tests that only the course holder has. They vary inputs and combine what the page states.

mod cancellation;
mod documents_are_data;
mod handshake_and_tools;
mod hybrid_ranking;
mod incremental_ingest;
mod kill9_during_ingest;
mod read;
mod recall_at_10;
mod search_finds;
mod sql_writes_are_denied;
mod stdout_is_protocol_only;
mod traversal_is_denied;
