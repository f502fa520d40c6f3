//! The HTTP side: routes, and from request to response.

use crate::{
    etag::{self, IfMatch, IfNoneMatch},
    note::{Draft, Note},
    problem::Problem,
    store::{Refused, Selection, Store},
};
use axum::{
    Json, Router,
    extract::{
        DefaultBodyLimit, Path, Query, State,
        rejection::{JsonRejection, QueryRejection},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// No note needs more, and nobody can fill the memory with one request.
const BODY_LIMIT: usize = 64 * 1024;
const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 100;

/// The whole service, without a socket.
pub fn app() -> Router {
    Router::new()
        .route("/notes", get(list).post(create))
        .route("/notes/{id}", get(read).put(replace).delete(delete))
        .route("/openapi.json", get(openapi))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "nothing is at this path"))
        // axum adds the `Allow` header.
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not take this method")
        })
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(Arc::new(Store::default()))
}

type Shared = State<Arc<Store>>;

async fn create(State(store): Shared, body: Result<Json<Draft>, JsonRejection>) -> Result<Response, Problem> {
    let Json(draft) = body?;
    let note = store.create(draft.checked()?);
    let location = format!("/notes/{}", note.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Tagged(note)).into_response())
}

async fn read(State(store): Shared, Path(id): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let note = parse(&id).and_then(|id| store.get(id)).ok_or_else(|| Problem::no_note(&id))?;
    if IfNoneMatch::from(&headers).allows(note.version) {
        Ok(Tagged(note).into_response())
    } else {
        Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag::of(note.version))]).into_response())
    }
}

async fn replace(
    State(store): Shared,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Json<Draft>, JsonRejection>,
) -> Result<Tagged, Problem> {
    let Json(draft) = body?;
    let draft = draft.checked()?;
    let condition = IfMatch::from(&headers);
    let outcome = parse(&id).map_or(Err(Refused::NotFound), |id| store.replace(id, draft, &condition));
    outcome.map(Tagged).map_err(|refused| explain(&refused, &id))
}

async fn delete(State(store): Shared, Path(id): Path<String>, headers: HeaderMap) -> Result<StatusCode, Problem> {
    let condition = IfMatch::from(&headers);
    let outcome = parse(&id).map_or(Err(Refused::NotFound), |id| store.delete(id, &condition));
    outcome.map(|()| StatusCode::NO_CONTENT).map_err(|refused| explain(&refused, &id))
}

#[derive(Debug, Deserialize)]
struct ListQuery {
    tag: Option<String>,
    limit: Option<usize>,
    after: Option<String>,
}

#[derive(Debug, Serialize)]
struct NoteList {
    notes: Vec<Note>,
    /// Where the next page begins; clients send it back as `after`.
    next: Option<String>,
}

async fn list(
    State(store): Shared,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<NoteList>, Problem> {
    let Query(query) = query?;
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::invalid("limit", &format!("must be from 1 to {MAX_LIMIT}")));
    }
    let before = match &query.after {
        None => None,
        Some(cursor) => {
            Some(parse(cursor).ok_or_else(|| Problem::invalid("after", "must be the next of a page before"))?)
        }
    };
    let page = store.list(&Selection { tag: query.tag.as_deref(), before, limit });
    let next = if page.more { page.notes.last().map(|note| note.id.to_string()) } else { None };
    Ok(Json(NoteList { notes: page.notes, next }))
}

/// The description of this service that programs can read.
async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], include_str!("openapi.json")).into_response()
}

/// A note as a response body, with its version in the `ETag` header.
struct Tagged(Note);

impl IntoResponse for Tagged {
    fn into_response(self) -> Response {
        ([(header::ETAG, etag::of(self.0.version))], Json(self.0)).into_response()
    }
}

fn explain(refused: &Refused, id: &str) -> Problem {
    match refused {
        Refused::NotFound => Problem::no_note(id),
        Refused::Changed => Problem::new(
            StatusCode::PRECONDITION_FAILED,
            format!("note {id} has changed since you read it; read it again and repeat your change"),
        ),
    }
}

/// Ids and cursors are digits. `str::parse` alone would also take `+7`, and one note would have two paths.
fn parse(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}
