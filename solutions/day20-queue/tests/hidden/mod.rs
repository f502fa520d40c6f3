//! The tests of day 20 that learners do not see.

mod batch_partial_failure;
mod body_md5;
mod dead_letter;
mod eight_consumers_no_loss;
mod fifo_and_deduplication;
mod kill9;
mod long_poll_wakes_at_once;
mod send_receive_delete;
mod stale_receipt_handle;
mod visibility;
