//! The tests of day 30 that learners do not see.

mod certificate_tampering_and_revocation;
mod conditional_get;
mod ingest_is_idempotent;
mod ingest_reports;
mod kill9;
mod load;
mod next_follows_the_roadmap;
mod page_and_badge;
mod resume_json;
mod xss;
mod zero_failed_requests_on_restart;
