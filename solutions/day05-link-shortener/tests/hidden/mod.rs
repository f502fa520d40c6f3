//! The tests that only the course holder has. They vary inputs and combine what the page states.

mod alias_race;
mod bulk_create_is_atomic;
mod create_and_redirect;
mod custom_alias;
mod exact_counts_under_race;
mod expiry_410;
mod kill9;
mod stats;
mod unguessable_codes;
mod validation;
