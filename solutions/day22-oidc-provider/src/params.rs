//! Parameters of a query or a form, and errors as OAuth 2.0 writes them.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use plumbing::Problem;
use serde_json::json;
use std::collections::BTreeMap;
use url::form_urlencoded;

/// Parameters by name. One without a value counts as not sent, and none may be sent twice (RFC 6749, section 3.1).
#[derive(Debug, Default)]
pub struct Params {
    values: BTreeMap<String, String>,
    /// The name of one that was sent twice. It has no value then, for nobody could say which.
    pub repeated: Option<String>,
}

impl Params {
    pub fn parse(encoded: &[u8]) -> Params {
        let mut params = Params::default();
        for (name, value) in form_urlencoded::parse(encoded).filter(|(_, value)| !value.is_empty()) {
            if params.values.insert(name.to_string(), value.into_owned()).is_some() {
                params.repeated = Some(name.into_owned());
            }
        }
        if let Some(name) = &params.repeated {
            params.values.remove(name);
        }
        params
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    pub fn require(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| Refusal::new("invalid_request", format!("the parameter {name} is missing")))
    }

    pub fn refuse_repeated(&self) -> Result<(), Refusal> {
        match &self.repeated {
            Some(name) => Err(Refusal::new("invalid_request", format!("the parameter {name} was sent twice"))),
            None => Ok(()),
        }
    }
}

/// The form in a request's body.
impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Params, Refusal> {
        let sent = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = sent.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Refusal::new("invalid_request", "the body has to be application/x-www-form-urlencoded"));
        }
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|rejection| Refusal::Oauth {
            status: rejection.status(),
            error: "invalid_request",
            description: rejection.body_text(),
        })?;
        Ok(Params::parse(&body))
    }
}

/// Why a request gets no.
#[derive(Debug)]
pub enum Refusal {
    /// An error of RFC 6749 (section 5.2) or RFC 6750 (section 3.1), as JSON.
    Oauth { status: StatusCode, error: &'static str, description: String },
    /// The database could not be used.
    Database(Problem),
}

impl Refusal {
    /// The error decides about the status.
    pub fn new(error: &'static str, description: impl Into<String>) -> Refusal {
        let status = match error {
            "invalid_client" | "invalid_token" => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        };
        Refusal::Oauth { status, error, description: description.into() }
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Refusal {
        Refusal::Database(plumbing_sqlite::problem(error))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Refusal::Database(problem) => problem.into_response(),
            Refusal::Oauth { status, error, description } => {
                let challenge = match error {
                    "invalid_client" => Some("Basic realm=\"clients\""),
                    "invalid_token" => Some("Bearer error=\"invalid_token\""),
                    _ => None,
                };
                let challenge = challenge.map(|challenge| [(header::WWW_AUTHENTICATE, challenge)]);
                let body = Json(json!({"error": error, "error_description": description}));
                (status, challenge, body).into_response()
            }
        }
    }
}
