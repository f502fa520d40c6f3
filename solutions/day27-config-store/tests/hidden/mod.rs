//! Tests that vary what the visible ones show: every behaviour is on the page.

mod compacted_error;
mod election_with_three_clients;
mod kill9;
mod lease_expiry;
mod linearizable_with_16_clients;
mod model;
mod put_get_delete;
mod ranges;
mod revisions;
mod txn_compare_and_swap;
mod watch_from_the_past;
mod watch_has_no_gap;
