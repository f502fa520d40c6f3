//! An answer that is made once and given often: with a tag, and without a body for those who have it.

use axum::{
    body::Bytes,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};

#[derive(Debug, Clone)]
pub struct Document {
    media_type: &'static str,
    body: Bytes,
}

impl Document {
    pub fn new(media_type: &'static str, body: impl Into<Bytes>) -> Document {
        Document { media_type, body: body.into() }
    }

    /// The answer to a GET with these headers (RFC 9110, section 13.1.2).
    pub fn answer(&self, request: &HeaderMap) -> Response {
        let known: Vec<_> = request.get_all(header::IF_NONE_MATCH).iter().collect();
        if !known.is_empty() {
            todo!("whether one of {known:?} names these bytes");
        }
        ([(header::CONTENT_TYPE, self.media_type)], self.body.clone()).into_response()
    }
}
