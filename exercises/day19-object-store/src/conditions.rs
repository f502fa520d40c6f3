//! Requests that want an answer only if…, and those that want a part of one.

use crate::error::{Code, Error};
use axum::http::{HeaderMap, HeaderName, header};
use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};
use std::ops::Range;

/// The conditions of a request (RFC 9110, section 13).
#[derive(Debug)]
pub struct Conditions {
    if_match: Option<String>,
    if_none_match: Option<String>,
    if_modified_since: Option<Timestamp>,
    if_unmodified_since: Option<Timestamp>,
}

impl Conditions {
    pub fn of(headers: &HeaderMap) -> Conditions {
        let text = |name: HeaderName| headers.get(name)?.to_str().ok();
        let time = |name| DateTimeParser::new().parse_timestamp(text(name)?).ok();
        Conditions {
            if_match: text(header::IF_MATCH).map(str::to_owned),
            if_none_match: text(header::IF_NONE_MATCH).map(str::to_owned),
            if_modified_since: time(header::IF_MODIFIED_SINCE),
            if_unmodified_since: time(header::IF_UNMODIFIED_SINCE),
        }
    }

    /// Whether to send the object (and not 304). A condition about the ETag is more exact than one about the time, and
    /// takes its place.
    pub fn allow_reading(&self, etag: &str, modified: Timestamp) -> Result<bool, Error> {
        todo!(
            "is an object with {etag} to be sent, for {:?} and {:?}? And of {modified}, for {:?} and {:?}?",
            self.if_match,
            self.if_none_match,
            self.if_modified_since,
            self.if_unmodified_since
        )
    }

    /// Whether an object may be written, where this one is now. To be asked in the transaction that writes.
    pub fn allow_writing(&self, etag: Option<&str>) -> Result<(), Error> {
        todo!("may {etag:?} be replaced? {:?} or {:?} if not", Code::PreconditionFailed, Code::NoSuchKey)
    }
}

/// The bytes that are asked for, of an object of this size; none for the whole. What is no range, and more than one, is
/// ignored.
pub fn range(headers: &HeaderMap, size: u64) -> Result<Option<Range<u64>>, Error> {
    todo!("the part of {size} bytes that {headers:?} ask for; {:?}", Code::InvalidRange)
}
