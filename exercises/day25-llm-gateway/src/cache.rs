//! Remembers answers, so that the same question is asked once.

use crate::call::Call;
use axum::{
    body::Bytes,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// An answer that was read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub content_type: Option<HeaderValue>,
    pub body: Bytes,
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let default = HeaderValue::from_static("application/json");
        let headers = [(header::CONTENT_TYPE, self.content_type.unwrap_or(default))];
        (self.status, headers, self.body).into_response()
    }
}

/// What is remembered, and who is asking.
#[derive(Debug, Default)]
pub struct Cache(());

impl Cache {
    /// Whether asking twice would give the same answer. Until task 6 nothing is remembered.
    pub fn is_for(_call: &Call) -> bool {
        false
    }
}
