//! The tests that a learner does not see: other inputs, combinations, crashes. Every behaviour stands on the day page.

mod aof_survives_kill9_and_torn_tail;
mod binary_safe;
mod blpop;
mod expiry;
mod hostile_frames;
mod lists;
mod multi_watch;
mod ping_get_set;
mod pipelining;
mod pubsub;
mod wrongtype_and_errors;
