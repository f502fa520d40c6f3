//! The HTTP side: paths, keys in headers, and bodies.

use crate::{
    call::{Call, Kind},
    config::Model,
    fault::Fault,
    gateway::Gateway,
    keys::Key,
};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequestParts, Path, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Map, Value, json};
use std::{sync::Arc, time::SystemTime};

/// The longest body of a request.
const LONGEST: usize = 4 * 1024 * 1024;

type Shared = State<Arc<Gateway>>;

/// All paths, without a socket.
pub fn app(gateway: Arc<Gateway>) -> Router {
    Router::new()
        .route("/v1/models", get(models))
        // Names of models may have slashes.
        .route("/v1/models/{*name}", get(model))
        .route("/v1/chat/completions", post(chat))
        .route("/v1/embeddings", post(embeddings))
        .route("/admin/keys", post(make_key))
        .route("/admin/keys/{id}", get(show_key).delete(revoke_key))
        .fallback(async || Fault::new(StatusCode::NOT_FOUND, "nothing is at this path"))
        .method_not_allowed_fallback(async || {
            Fault::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not take this method")
        })
        .layer(DefaultBodyLimit::max(LONGEST))
        .with_state(gateway)
}

/// Whoever asks has shown the admin token.
struct Admin;

impl FromRequestParts<Arc<Gateway>> for Admin {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, gateway: &Arc<Gateway>) -> Result<Admin, Fault> {
        match bearer(&parts.headers) {
            Some(token) if gateway.is_admin(token) => Ok(Admin),
            _ => Err(Fault::unauthorized()),
        }
    }
}

/// Whoever asks has shown a key that is good.
impl FromRequestParts<Arc<Gateway>> for Key {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, gateway: &Arc<Gateway>) -> Result<Key, Fault> {
        let key = bearer(&parts.headers).ok_or_else(Fault::unauthorized)?;
        gateway.keys.find(key).await?.ok_or_else(Fault::unauthorized)
    }
}

/// The token of `Authorization: Bearer TOKEN`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

type Body = Result<Bytes, BytesRejection>;

/// A JSON object, and how many bytes it was.
fn object(headers: &HeaderMap, body: Body) -> Result<(Map<String, Value>, usize), Fault> {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(Fault::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body has to be application/json"));
    }
    let body = body.map_err(|rejection| Fault::new(rejection.status(), "the body is too large, or broke off"))?;
    // Without the message of serde: it may quote what it does not understand.
    let malformed = |_| Fault::new(StatusCode::BAD_REQUEST, "the body is not a JSON object");
    Ok((serde_json::from_slice(&body).map_err(malformed)?, body.len()))
}

async fn chat(gateway: Shared, key: Key, headers: HeaderMap, body: Body) -> Result<Response, Fault> {
    answer(gateway, key, Kind::Chat, &headers, body).await
}

async fn embeddings(gateway: Shared, key: Key, headers: HeaderMap, body: Body) -> Result<Response, Fault> {
    answer(gateway, key, Kind::Embeddings, &headers, body).await
}

async fn answer(
    State(gateway): Shared,
    key: Key,
    kind: Kind,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    let (request, bytes) = object(headers, body)?;
    let Some(Value::String(name)) = request.get("model") else {
        return Err(Fault::field("model", "model has to be the name of a model"));
    };
    let model = Arc::clone(gateway.model(name)?);
    let call = Call::new(kind, model, request, bytes)?;
    gateway.answer(&key, call).await
}

async fn models(State(gateway): Shared, _: Key) -> Response {
    let models: Vec<_> = gateway.models.iter().map(|model| describe(model)).collect();
    Json(json!({"object": "list", "data": models})).into_response()
}

async fn model(State(gateway): Shared, _: Key, Path(name): Path<String>) -> Result<Response, Fault> {
    gateway.model(&name).map(|model| Json(describe(model)).into_response())
}

fn describe(model: &Model) -> Value {
    let created = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
    json!({"id": model.name, "object": "model", "created": created, "owned_by": "gateway"})
}

async fn make_key(State(gateway): Shared, _: Admin, headers: HeaderMap, body: Body) -> Result<Response, Fault> {
    let (request, _) = object(&headers, body)?;
    let name = request.get("name").and_then(Value::as_str).filter(|name| (1..=100).contains(&name.chars().count()));
    let name = name.ok_or_else(|| Fault::field("name", "name has to have 1 to 100 characters"))?;
    let budget =
        request.get("budget").and_then(Value::as_i64).filter(|budget| (0..=crate::ledger::MOST).contains(budget));
    let budget = budget.ok_or_else(|| Fault::field("budget", "budget has to be a whole number of micro-cents"))?;
    let (id, key) = gateway.keys.make(name, budget).await?;
    let mut made = account(&gateway, &id).await?;
    made["key"] = key.into();
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

async fn show_key(State(gateway): Shared, _: Admin, Path(id): Path<String>) -> Result<Response, Fault> {
    Ok(Json(account(&gateway, &id).await?).into_response())
}

async fn account(gateway: &Gateway, id: &str) -> Result<Value, Fault> {
    let account = gateway.ledger.account(id).await?.ok_or_else(no_key)?;
    Ok(json!({
        "id": id,
        "name": account.name,
        "budget": account.budget,
        "spent": account.spent,
        "reserved": account.reserved,
        "revoked": account.revoked,
    }))
}

async fn revoke_key(State(gateway): Shared, _: Admin, Path(id): Path<String>) -> Result<Response, Fault> {
    match gateway.keys.revoke(&id).await? {
        true => Ok(StatusCode::NO_CONTENT.into_response()),
        false => Err(no_key()),
    }
}

fn no_key() -> Fault {
    Fault::new(StatusCode::NOT_FOUND, "there is no such key")
}
