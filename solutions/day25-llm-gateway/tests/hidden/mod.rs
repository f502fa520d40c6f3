//! The tests of day 25 that learners do not see.

mod budget_race;
mod cache_single_flight;
mod disconnect_cancels_upstream;
mod fallback_never_after_first_byte;
mod first_token_arrives_early;
mod models;
mod secrets_not_logged;
mod spend_survives_kill9;
mod split_utf8;
mod streaming;
mod unary_chat;
mod virtual_keys;
