//! Errors in OpenAI's form.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// A refusal. Nothing of it is ever logged, and it quotes nothing of what came.
#[derive(Debug, Clone)]
pub struct Fault {
    status: StatusCode,
    kind: &'static str,
    code: Option<&'static str>,
    /// The field that is wrong.
    param: Option<&'static str>,
    /// For the person who sent the request.
    message: String,
}

impl Fault {
    /// The client's fault, in a way that its status says.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Fault {
        Fault { status, kind: "invalid_request_error", code: None, param: None, message: message.into() }
    }

    /// 400: this field is missing, or wrong.
    pub fn field(param: &'static str, message: impl Into<String>) -> Fault {
        Fault { param: Some(param), ..Fault::new(StatusCode::BAD_REQUEST, message) }
    }

    /// 401.
    pub fn unauthorized() -> Fault {
        let message = "this needs Authorization: Bearer, and a key that is known";
        Fault { code: Some("invalid_api_key"), ..Fault::new(StatusCode::UNAUTHORIZED, message) }
    }

    /// 404: a model that is not in the config.
    pub fn no_model() -> Fault {
        let fault = Fault::new(StatusCode::NOT_FOUND, "there is no such model; see /v1/models");
        Fault { code: Some("model_not_found"), param: Some("model"), ..fault }
    }

    /// 429: the budget does not cover the call.
    pub fn over_budget() -> Fault {
        let fault = Fault::new(StatusCode::TOO_MANY_REQUESTS, "what this call may cost is more than this key has left");
        Fault { kind: "insufficient_quota", code: Some("insufficient_quota"), ..fault }
    }

    /// 502: no provider has answered.
    pub fn no_provider() -> Fault {
        let fault = Fault::new(StatusCode::BAD_GATEWAY, "no provider of this model has answered; try again later");
        Fault { kind: "server_error", code: Some("no_provider"), ..fault }
    }

    /// 500. The cause goes to the log and not to the client.
    pub fn internal(cause: impl std::fmt::Display) -> Fault {
        eprintln!("error: {cause}");
        let fault = Fault::new(StatusCode::INTERNAL_SERVER_ERROR, "the gateway could not complete the request");
        Fault { kind: "server_error", ..fault }
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Fault {
        // `problem` logs the cause, and tells a database that is busy from one that is broken.
        let status = plumbing_sqlite::problem(error).status();
        Fault { kind: "server_error", ..Fault::new(status, "the gateway could not complete the request") }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let Fault { status, kind, code, param, message } = self;
        let error = json!({"message": message, "type": kind, "param": param, "code": code});
        (status, Json(json!({"error": error}))).into_response()
    }
}
