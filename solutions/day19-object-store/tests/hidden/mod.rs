//! The tests of day 19 that learners do not see.

mod etag_is_md5;
mod hostile_keys;
mod kill9;
mod list_prefix_delimiter;
mod multipart;
mod no_torn_reads;
mod paging_and_encoding;
mod presigned;
mod put_get_delete;
mod range_and_conditional;
mod signature_is_checked;
mod tampered_and_expired_signatures;
