//! The tests of day 29 that learners do not see.

mod crash_backoff;
mod crud_and_status;
mod finalizers;
mod kill9_adopts_children;
mod merge_patch;
mod replicas_are_kept;
mod resource_version_409;
mod rolling_update_serves_throughout;
mod selectors;
mod watch_from_version_410;
