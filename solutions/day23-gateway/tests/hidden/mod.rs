//! The tests of day 23 that learners do not see.

use crate::visible::support;

mod cache_vary_and_coalescing;
mod consistent_hashing;
mod drain_loses_nothing;
mod health_checks;
mod hop_by_hop_headers;
mod only_safe_methods_are_retried;
mod proxies_and_balances;
mod request_smuggling;
mod spoofed_forwarded_headers;
mod streams_in_bounded_memory;
mod token_bucket_429;
mod websocket_upgrade;
