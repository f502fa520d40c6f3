//! The HTTP side.

use crate::{
    account::{self, Account, NewAccount},
    database::Database,
    hold::{self, Capture, Hold, NewHold},
    journal,
    transfer::{self, NewTransfer, Transfer},
};
use axum::{
    Router,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use plumbing::{Json, Problem};
use serde::Deserialize;
use serde_json::{Value, json};

const LONGEST_KEY: usize = 64;
const PAGE: i64 = 50;

pub fn app(database: Database) -> Router {
    let app = Router::new()
        .route("/accounts", post(create_account))
        .route("/accounts/{id}", get(show_account))
        .route("/accounts/{id}/balance", get(balance))
        .route("/accounts/{id}/entries", get(entries))
        .route("/transfers", post(create_transfer))
        .route("/transfers/{id}", get(show_transfer))
        .route("/holds", post(create_hold))
        .route("/holds/{id}", get(show_hold))
        .route("/holds/{id}/capture", post(capture))
        .route("/holds/{id}/release", post(release))
        .route("/export.journal", get(export));
    plumbing::with_fallbacks(app).with_state(database)
}

async fn create_account(State(database): State<Database>, Json(new): Json<NewAccount>) -> Result<Response, Problem> {
    let is_new = account::create(&database, &new).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let place = [(header::LOCATION, format!("/accounts/{}", new.id))];
    Ok((status, place, Json(account::show(&database, &new.id).await?)).into_response())
}

async fn show_account(State(database): State<Database>, Path(id): Path<String>) -> Result<Json<Account>, Problem> {
    account::show(&database, &id).await.map(Json)
}

#[derive(Debug, Deserialize)]
struct Moment {
    at: Option<String>,
}

async fn balance(
    State(database): State<Database>,
    Path(id): Path<String>,
    moment: Result<Query<Moment>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let text = moment.ok().and_then(|Query(moment)| moment.at).unwrap_or_default();
    let at: Timestamp = text.parse().map_err(|_| Problem::invalid("at", "a time as 2026-01-31T12:00:00Z"))?;
    let balance = account::balance_at(&database, &id, at).await?;
    Ok(Json(json!({ "account": id, "at": text, "balance": balance })))
}

#[derive(Debug, Deserialize)]
struct Page {
    before: Option<i64>,
    limit: Option<i64>,
}

async fn entries(
    State(database): State<Database>,
    Path(id): Path<String>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(page) = page.map_err(|_| Problem::invalid("before", "before and limit are whole numbers"))?;
    let limit = page.limit.unwrap_or(PAGE);
    if !(1..=500).contains(&limit) {
        return Err(Problem::invalid("limit", "from 1 to 500"));
    }
    account::show(&database, &id).await?;
    let lines = transfer::history(&database, &id, page.before.unwrap_or(i64::MAX), limit).await?;
    // Lines are numbered without gaps, so there is more until number 1.
    let next = lines.last().map(|line| line.number).filter(|number| *number > 1);
    Ok(Json(json!({ "entries": lines, "next": next })))
}

async fn create_transfer(
    State(database): State<Database>,
    headers: HeaderMap,
    Json(new): Json<NewTransfer>,
) -> Result<(StatusCode, Json<Transfer>), Problem> {
    let made = transfer::create(&database, &key(&headers)?, &new).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

async fn show_transfer(State(database): State<Database>, Path(id): Path<String>) -> Result<Json<Transfer>, Problem> {
    transfer::show(&database, number(&id)).await.map(Json)
}

async fn create_hold(
    State(database): State<Database>,
    headers: HeaderMap,
    Json(new): Json<NewHold>,
) -> Result<(StatusCode, Json<Hold>), Problem> {
    let made = hold::create(&database, &key(&headers)?, &new).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

async fn show_hold(State(database): State<Database>, Path(id): Path<String>) -> Result<Json<Hold>, Problem> {
    hold::show(&database, number(&id)).await.map(Json)
}

async fn capture(
    State(database): State<Database>,
    Path(id): Path<String>,
    Json(wanted): Json<Capture>,
) -> Result<Json<Hold>, Problem> {
    hold::capture(&database, number(&id), &wanted).await.map(Json)
}

async fn release(State(database): State<Database>, Path(id): Path<String>) -> Result<Json<Hold>, Problem> {
    hold::release(&database, number(&id)).await.map(Json)
}

async fn export(State(database): State<Database>) -> Result<Response, Problem> {
    let journal = journal::export(&database).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], journal).into_response())
}

/// Nothing has the number 0, so what is no number is not found.
fn number(id: &str) -> i64 {
    id.parse().unwrap_or(0)
}

fn key(headers: &HeaderMap) -> Result<String, Problem> {
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    if (1..=LONGEST_KEY).contains(&key.len()) {
        return Ok(key.to_owned());
    }
    Err(Problem::new(StatusCode::BAD_REQUEST, "the header Idempotency-Key must have 1 to 64 characters"))
}
