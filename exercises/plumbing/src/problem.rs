//! Errors as problem details documents (RFC 9457), and a JSON extractor that answers with them.

use axum::{
    Router,
    extract::{FromRequest, Request, rejection::JsonRejection},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// An error document: `application/problem+json` with `type`, `title`, `status`, `detail`, and members of one's own.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    detail: String,
    /// Further members, as `field` for the field that was not valid (RFC 9457, section 3.2).
    extensions: Map<String, Value>,
}

impl Problem {
    /// A problem with this status; `detail` is for the person who sent the request.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem { status, detail: detail.into(), extensions: Map::new() }
    }

    /// 422: `field` is well-formed, but not valid.
    pub fn invalid(field: &str, detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).with("field", field)
    }

    /// 404: no such thing.
    pub fn not_found(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, detail)
    }

    /// 409: it contradicts what is there.
    pub fn conflict(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::CONFLICT, detail)
    }

    /// 500. The cause goes to the log and not to the client, who could only learn something from it that is not theirs.
    pub fn internal(cause: impl std::fmt::Display) -> Problem {
        eprintln!("error: {cause}");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the server could not complete the request")
    }

    /// One more member.
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Problem {
        self.extensions.insert(member.to_owned(), value.into());
        self
    }

    /// The status code.
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: &'a str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(flatten)]
    extensions: &'a Map<String, Value>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let document = Document {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            extensions: &self.extensions,
        };
        let body = serde_json::to_string(&document).unwrap_or_default();
        (self.status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
    }
}

/// `axum::Json` whose rejections are problem documents: 400 malformed, 413 too large, 415 another media type, 422 wrong
/// shape.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match axum::Json::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Json(value)),
            Err(rejection) => Err(reject(&rejection)),
        }
    }
}

/// Not generic, so that it is compiled once here instead of for each type of body.
fn reject(rejection: &JsonRejection) -> Problem {
    Problem::new(rejection.status(), rejection.body_text())
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The answer to a path that is not there.
pub async fn not_found() -> Problem {
    Problem::not_found("nothing is at this path")
}

/// Gives `app` problem documents for unknown paths (404) and for known paths with another method (405; axum adds
/// `Allow`). Call it after all routes have been added.
pub fn with_fallbacks<S: Clone + Send + Sync + 'static>(app: Router<S>) -> Router<S> {
    app.fallback(not_found).method_not_allowed_fallback(async || {
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not take this method")
    })
}
