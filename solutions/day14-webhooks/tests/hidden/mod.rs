//! The tests of day 14 that learners do not see.

mod dead_letter_and_replay;
mod delivery_log;
mod gone_410_and_retry_after;
mod kill9_same_id;
mod ordering_per_key;
mod retries_with_backoff;
mod secret_rotation;
mod signs_and_delivers;
mod slow_endpoint_is_isolated;
mod ssrf;
