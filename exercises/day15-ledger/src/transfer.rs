//! Moves money: the one place where entries are written.

use crate::{
    account,
    database::{Attempts, Database, Error, problem},
};
use plumbing::Problem;
use serde::{Deserialize, Serialize};

const MOST_ENTRIES: usize = 20;
/// So that no sum of a ledger that people live to see leaves 64 bits.
const LARGEST: i64 = 1_000_000_000_000;
const LONGEST_DESCRIPTION: usize = 200;

/// A transfer about to be made.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTransfer {
    #[serde(default)]
    pub description: String,
    pub entries: Vec<NewEntry>,
}

/// What an account gets, or gives where the amount is negative.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewEntry {
    pub account: String,
    pub amount: i64,
}

#[derive(Debug, Serialize)]
pub struct Transfer {
    pub id: i64,
    pub at: String,
    pub description: String,
    pub entries: Vec<NewEntry>,
}

/// A line of an account's history.
#[derive(Debug, Serialize, sqlx::FromRow)]
pub struct Line {
    pub number: i64,
    pub transfer: i64,
    pub amount: i64,
    pub balance: i64,
    pub description: String,
    pub at: String,
}

impl NewTransfer {
    fn check(&self) -> Result<(), Problem> {
        if self.description.chars().count() > LONGEST_DESCRIPTION || self.description.chars().any(char::is_control) {
            return Err(Problem::invalid("description", "at most 200 characters, in one line"));
        }
        if !(2..=MOST_ENTRIES).contains(&self.entries.len()) {
            return Err(Problem::invalid("entries", "from 2 to 20"));
        }
        if self.entries.iter().any(|entry| entry.amount == 0 || entry.amount.unsigned_abs() > LARGEST.unsigned_abs()) {
            return Err(Problem::invalid("amount", "not 0, and at most 1000000000000 either way"));
        }
        let mut accounts: Vec<_> = self.entries.iter().map(|entry| &entry.account).collect();
        accounts.sort();
        if accounts.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Problem::invalid("entries", "each account once"));
        }
        if self.entries.iter().map(|entry| entry.amount).sum::<i64>() != 0 {
            return Err(Problem::invalid("entries", "the amounts must add up to 0"));
        }
        Ok(())
    }
}

/// Makes a transfer, once for each key: the same key with the same content gets the same transfer.
pub async fn create(database: &Database, key: &str, new: &NewTransfer) -> Result<Transfer, Problem> {
    new.check()?;
    let request = serde_json::to_string(new).map_err(Problem::internal)?;
    let mut attempts = Attempts::default();
    let id = loop {
        if let Some(done) = attempts.settle(once(database, key, &request, new).await)? {
            break done;
        }
    };
    show(database, id).await
}

async fn once(database: &Database, key: &str, request: &str, new: &NewTransfer) -> Result<i64, Error> {
    let mut begun = database.begin().await?;
    let ids: Vec<_> = new.entries.iter().map(|entry| entry.account.clone()).collect();
    let locked = account::lock(&mut begun, &ids).await?;
    let locked: Vec<_> = locked.iter().map(|it| (&it.id, &it.currency, it.min_balance)).collect();
    todo!("is {key} there, and with {request}? have {locked:?} enough? then write {new:?} in {begun:?}, and commit")
}

pub async fn show(database: &Database, id: i64) -> Result<Transfer, Problem> {
    let query = sqlx::query_as(
        "SELECT description, to_json(at AT TIME ZONE 'UTC') #>> '{}' || 'Z' FROM transfers WHERE id = $1",
    );
    let found: Option<(String, String)> = query.bind(id).fetch_optional(database.pool()).await.map_err(problem)?;
    let (description, at) = found.ok_or_else(|| Problem::not_found("there is no such transfer"))?;
    let query = sqlx::query_as("SELECT account, amount FROM entries WHERE transfer = $1 ORDER BY account").bind(id);
    let entries: Vec<(String, i64)> = query.fetch_all(database.pool()).await.map_err(problem)?;
    let entries = entries.into_iter().map(|(account, amount)| NewEntry { account, amount }).collect();
    Ok(Transfer { id, at, description, entries })
}

/// The newest lines of an account with numbers below `before`.
pub async fn history(database: &Database, account: &str, before: i64, limit: i64) -> Result<Vec<Line>, Problem> {
    todo!("at most {limit} lines of {account} with numbers below {before}, the newest first, from {database:?}")
}
