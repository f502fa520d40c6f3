//! The tests of day 7 that learners cannot read.

mod bounded_cache;
mod circuit_breaker;
mod conditional_revalidation;
mod fetches_and_caches;
mod retry_after_is_honoured;
mod single_flight;
mod stale_while_error;
mod units_and_mapping;
mod upstream_errors_are_502_504;
