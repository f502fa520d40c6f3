//! The tests of day 16 that learners do not see.

mod cancel;
mod conservation;
mod feed_rebuilds_the_book;
mod ioc_fok;
mod market_and_limit;
mod model;
mod price_time_priority;
mod replay_after_kill9_is_identical;
mod self_trade_prevention;
mod slow_consumer_is_cut_off;
