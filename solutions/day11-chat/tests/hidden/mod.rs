//! The tests of day 11 that learners cannot read.

mod graceful_close_1001;
mod history_on_join;
mod join_and_broadcast;
mod malformed_frames_close_1003_1007;
mod order_is_the_same_for_all;
mod ping_timeout;
mod presence;
mod resume_from_last_seen;
mod slow_reader_does_not_block_others;
mod thousand_sockets;
