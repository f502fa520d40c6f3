//! Money that is promised and not yet moved: it can no longer be spent, and nobody has it.

use crate::database::{Attempts, Database, Error, problem};
use plumbing::Problem;
use serde::{Deserialize, Serialize};

/// A hold about to be made.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewHold {
    pub account: String,
    pub amount: i64,
}

/// Who gets what was held, and how much of it. What is left of it is free again.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capture {
    pub to: String,
    pub amount: Option<i64>,
}

#[derive(Debug, Serialize, sqlx::FromRow)]
pub struct Hold {
    pub id: i64,
    pub account: String,
    pub amount: i64,
    pub status: String,
    pub transfer: Option<i64>,
}

pub async fn create(database: &Database, key: &str, new: &NewHold) -> Result<Hold, Problem> {
    if !(1..=1_000_000_000_000).contains(&new.amount) {
        return Err(Problem::invalid("amount", "from 1 to 1000000000000"));
    }
    let request = serde_json::to_string(new).map_err(Problem::internal)?;
    let mut attempts = Attempts::default();
    let id = loop {
        if let Some(done) = attempts.settle(once(database, key, &request, new).await)? {
            break done;
        }
    };
    show(database, id).await
}

async fn once(database: &Database, key: &str, request: &str, new: &NewHold) -> Result<i64, Error> {
    todo!("stretch: promise {} of {} in {database:?}, once for {key} with {request}", new.amount, new.account)
}

pub async fn show(database: &Database, id: i64) -> Result<Hold, Problem> {
    let query = sqlx::query_as("SELECT id, account, amount, status, transfer FROM holds WHERE id = $1").bind(id);
    let found: Option<Hold> = query.fetch_optional(database.pool()).await.map_err(problem)?;
    found.ok_or_else(missing)
}

fn missing() -> Problem {
    Problem::not_found("there is no such hold")
}

/// Moves what is held, or a part of it, and ends the hold.
pub async fn capture(database: &Database, id: i64, capture: &Capture) -> Result<Hold, Problem> {
    let mut attempts = Attempts::default();
    while attempts.settle(capture_once(database, id, capture).await)?.is_none() {}
    show(database, id).await
}

async fn capture_once(database: &Database, id: i64, capture: &Capture) -> Result<(), Error> {
    todo!("stretch: move {:?} of hold {id} to {} in {database:?}, and end the hold", capture.amount, capture.to)
}

/// Gives back what is held.
pub async fn release(database: &Database, id: i64) -> Result<Hold, Problem> {
    let mut attempts = Attempts::default();
    while attempts.settle(release_once(database, id).await)?.is_none() {}
    show(database, id).await
}

async fn release_once(database: &Database, id: i64) -> Result<(), Error> {
    todo!("stretch: end hold {id} in {database:?}")
}
