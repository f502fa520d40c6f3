//! An answer that is made once and given often: with a tag, and without a body for those who have it.

use axum::{
    body::Bytes,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

#[derive(Debug, Clone)]
pub struct Document {
    media_type: &'static str,
    body: Bytes,
    /// In quotes, as it stands in the header.
    tag: String,
}

impl Document {
    /// The tag is a hash of the bytes: it cannot miss a change, and it is the same after a restart.
    pub fn new(media_type: &'static str, body: impl Into<Bytes>) -> Document {
        let body = body.into();
        let tag = format!("\"{}\"", HEXLOWER.encode(&Sha256::digest(&body)[..16]));
        Document { media_type, body, tag }
    }

    /// The answer to a GET with these headers (RFC 9110, section 13.1.2).
    pub fn answer(&self, request: &HeaderMap) -> Response {
        let validators = [(header::ETAG, self.tag.as_str()), (header::CACHE_CONTROL, "no-cache")];
        if self.is_known(request) {
            return (StatusCode::NOT_MODIFIED, validators).into_response();
        }
        (validators, [(header::CONTENT_TYPE, self.media_type)], self.body.clone()).into_response()
    }

    /// The comparison is weak: a cache that has compressed the answer writes `W/` before the tag.
    fn is_known(&self, request: &HeaderMap) -> bool {
        let lines = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
        let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim);
        tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.tag)
    }
}
