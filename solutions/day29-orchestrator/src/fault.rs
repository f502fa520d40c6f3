//! Errors as Kubernetes words them: a `Status` object whose `reason` programs read, and whose `message` people read.

use crate::resource::Key;
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// Why a request was refused.
#[derive(Debug, Clone)]
pub struct Fault {
    code: StatusCode,
    reason: &'static str,
    message: String,
    /// Which object it is about.
    key: Option<Key>,
}

impl Fault {
    pub fn new(code: StatusCode, reason: &'static str, message: impl Into<String>) -> Fault {
        Fault { code, reason, message: message.into(), key: None }
    }

    /// 400: it makes no sense.
    pub fn bad_request(message: impl Into<String>) -> Fault {
        Fault::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// 404.
    pub fn not_found(key: &Key) -> Fault {
        Fault::new(StatusCode::NOT_FOUND, "NotFound", format!("{key} not found")).about(key)
    }

    /// 409: the name is taken.
    pub fn already_exists(key: &Key) -> Fault {
        Fault::new(StatusCode::CONFLICT, "AlreadyExists", format!("{key} already exists")).about(key)
    }

    /// 409: somebody else was faster.
    pub fn conflict(key: &Key, why: &str) -> Fault {
        let message = format!("{key}: {why}; look at the latest version and try again");
        Fault::new(StatusCode::CONFLICT, "Conflict", message).about(key)
    }

    /// 410: what has changed since then is not remembered any more.
    pub fn expired(version: i64) -> Fault {
        Fault::new(StatusCode::GONE, "Expired", format!("too old resource version: {version}; list again"))
    }

    /// 415.
    pub fn media_type(wanted: &str) -> Fault {
        Fault::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", format!("the body has to be {wanted}"))
    }

    /// 422: `field` cannot be so.
    pub fn invalid(field: &str, why: impl std::fmt::Display) -> Fault {
        Fault::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", format!("{field}: {why}"))
    }

    /// 500. The cause goes to the log and not to the client.
    pub fn internal(cause: impl std::fmt::Display) -> Fault {
        eprintln!("error: {cause}");
        Fault::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", "the server could not complete the request")
    }

    /// With the object that it is about.
    pub fn about(mut self, key: &Key) -> Fault {
        self.key = Some(key.clone());
        self
    }

    /// The object is not there any more, or another one has its name.
    pub fn is_gone(&self) -> bool {
        matches!(self.code, StatusCode::NOT_FOUND | StatusCode::CONFLICT)
    }

    /// The `Status` object.
    pub fn to_json(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.code.as_u16(),
        });
        if let Some(key) = &self.key {
            status["details"] = json!({ "name": key.name, "kind": key.resource.plural() });
        }
        status
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        (self.code, Json(self.to_json())).into_response()
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Fault {
        Fault::internal(error)
    }
}
