//! The tests of day 15 that learners do not see.

mod append_only_is_enforced_by_the_database;
mod balance_as_of;
mod database_restart_is_survived;
mod history;
mod hledger_parity;
mod holds_capture_release;
mod idempotency;
mod no_overdraft_under_race;
mod outside;
mod transfers_balance;
