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
        // HTTP's times have no fractions of a second.
        let modified = modified.as_second();
        let holds = match (&self.if_match, self.if_unmodified_since) {
            (Some(tags), _) => names(tags, etag),
            (None, Some(since)) => modified <= since.as_second(),
            (None, None) => true,
        };
        if !holds {
            return Err(failed());
        }
        Ok(match (&self.if_none_match, self.if_modified_since) {
            (Some(tags), _) => !names(tags, etag),
            (None, Some(since)) => modified > since.as_second(),
            (None, None) => true,
        })
    }

    /// Whether an object may be written, where this one is now. To be asked in the transaction that writes.
    pub fn allow_writing(&self, etag: Option<&str>) -> Result<(), Error> {
        match (etag, &self.if_match, &self.if_none_match) {
            (None, Some(_), _) => Err(Error::new(Code::NoSuchKey, "there is no such object to replace")),
            (Some(etag), Some(tags), _) if !names(tags, etag) => Err(failed()),
            (Some(etag), _, Some(tags)) if names(tags, etag) => Err(failed()),
            _ => Ok(()),
        }
    }
}

/// Whether a list of ETags has this one. `*` is any.
fn names(tags: &str, etag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"') == etag;
    tags.trim() == "*" || tags.split(',').any(bare)
}

fn failed() -> Error {
    Error::new(Code::PreconditionFailed, "a condition of the request does not hold")
}

/// The bytes that are asked for, of an object of this size; none for the whole. What is no range, and more than one, is
/// ignored.
pub fn range(headers: &HeaderMap, size: u64) -> Result<Option<Range<u64>>, Error> {
    let wanted =
        headers.get(header::RANGE).and_then(|value| value.to_str().ok()?.strip_prefix("bytes=")?.split_once('-'));
    let range = match wanted {
        Some(("", last)) => match last.parse::<u64>() {
            Ok(last) => size.saturating_sub(last)..size,
            Err(_) => return Ok(None),
        },
        Some((first, last)) => match (first.parse::<u64>(), last.parse::<u64>()) {
            (Ok(first), Ok(last)) if first <= last => first..size.min(last.saturating_add(1)),
            (Ok(first), Err(_)) if last.is_empty() => first..size,
            _ => return Ok(None),
        },
        None => return Ok(None),
    };
    if range.is_empty() {
        return Err(Error::new(Code::InvalidRange, format!("the object has {size} bytes")));
    }
    Ok(Some(range))
}
