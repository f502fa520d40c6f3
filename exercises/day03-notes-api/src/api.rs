//! The HTTP side: routes, and from request to response.

use crate::{note::Draft, problem::Problem, store::Store};
use axum::{
    Json, Router,
    extract::{
        Path, Query, State,
        rejection::{JsonRejection, QueryRejection},
    },
    http::StatusCode,
    response::Response,
    routing::get,
};
use serde::Deserialize;
use std::sync::Arc;

/// The whole service, without a socket.
pub fn app() -> Router {
    Router::new()
        .route("/notes", get(list).post(create))
        .route("/notes/{id}", get(read).put(replace).delete(delete))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "nothing is at this path"))
        .with_state(Arc::new(Store::default()))
}

type Shared = State<Arc<Store>>;

/// `POST /notes`
async fn create(State(store): Shared, body: Result<Json<Draft>, JsonRejection>) -> Result<Response, Problem> {
    // `?` turns a rejection into a `Problem` by way of `From`, and returns it.
    let Json(draft) = body?;
    let note = store.create(draft.checked()?);
    todo!("201 with {note:?} as JSON, and its path in the Location header")
}

/// `GET /notes/{id}`
async fn read(State(store): Shared, Path(id): Path<String>) -> Result<Response, Problem> {
    let note = parse(&id).and_then(|id| store.get(id));
    todo!("200 with {note:?}, or 404")
}

/// `PUT /notes/{id}`
async fn replace(
    State(store): Shared,
    Path(id): Path<String>,
    body: Result<Json<Draft>, JsonRejection>,
) -> Result<Response, Problem> {
    let Json(draft) = body?;
    let draft = draft.checked()?;
    let note = parse(&id).and_then(|id| store.replace(id, draft));
    todo!("200 with {note:?}, or 404")
}

/// `DELETE /notes/{id}`
async fn delete(State(store): Shared, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let deleted = parse(&id).is_some_and(|id| store.delete(id));
    todo!("204 if {deleted}, else 404")
}

#[derive(Debug, Deserialize)]
struct ListQuery {
    tag: Option<String>,
    limit: Option<usize>,
    after: Option<String>,
}

/// `GET /notes?tag=…&limit=…&after=…`
async fn list(State(store): Shared, query: Result<Query<ListQuery>, QueryRejection>) -> Result<Response, Problem> {
    let Query(ListQuery { tag, limit, after }) = query?;
    todo!("{limit:?} notes of {store:?} with the tag {tag:?} that follow after {after:?}, newest first")
}

/// Ids are digits. `str::parse` alone would also take `+7`, and one note would have two paths.
fn parse(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}
