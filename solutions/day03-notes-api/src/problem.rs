//! Errors as problem documents (RFC 9457): a client can read them without knowing this service.

use axum::{
    extract::rejection::{JsonRejection, QueryRejection},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// An error on its way to the client.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    /// One sentence for the person who sent the request.
    detail: String,
}

impl Problem {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem { status, detail: detail.into() }
    }

    /// 422: `field` can be read, but its value is not allowed.
    pub fn invalid(field: &str, rule: &str) -> Problem {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{field} {rule}"))
    }

    /// 404: there is no such note (any more).
    pub fn no_note(id: &str) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, format!("there is no note {id}"))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let document = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        (self.status, [(header::CONTENT_TYPE, "application/problem+json")], document.to_string()).into_response()
    }
}

/// axum has already chosen the right status: 400 malformed, 413 too large, 415 another media type, 422 wrong shape.
impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Problem {
        Problem::new(rejection.status(), rejection.body_text())
    }
}

/// A query parameter of the wrong type is as invalid as one out of range.
impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Problem {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, rejection.body_text())
    }
}
