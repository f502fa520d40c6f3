//! Errors as problem documents (RFC 9457): a client can read them without knowing this service.

use axum::{
    extract::rejection::{JsonRejection, QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};

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
}

/// What axum calls when a handler returns a `Problem`: status, content type `application/problem+json`, and the document.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        todo!("a response with status {} and a document with the detail {:?}", self.status, self.detail)
    }
}

/// When the body could not be read. axum has already chosen the right status: see `status` and `body_text`.
impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Problem {
        todo!("a problem for {rejection:?}")
    }
}

/// When a query parameter has the wrong type: 422.
impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Problem {
        todo!("a problem for {rejection:?}")
    }
}
