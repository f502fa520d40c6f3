//! Moves money: the one place where entries are written.

use crate::{
    account,
    database::{Attempts, Database, Error, Tx, problem},
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
    let transaction = &mut begun;
    let ids: Vec<_> = new.entries.iter().map(|entry| entry.account.clone()).collect();
    // First: of two with the same key one waits here, and then finds what the other has done.
    let locked = account::lock(transaction, &ids).await?;
    let query = sqlx::query_as("SELECT id, request FROM transfers WHERE key = $1").bind(key);
    let before: Option<(i64, String)> = query.fetch_optional(&mut **transaction).await?;
    if let Some((id, what)) = before {
        return if what == request { Ok(id) } else { Err(another_intention()) };
    }
    if locked.windows(2).any(|pair| pair[0].currency != pair[1].currency) {
        return Err(Problem::invalid("entries", "all accounts must have the same currency").into());
    }
    for account in &locked {
        let amount = amount_of(new, &account.id);
        let (_, balance) = account.last(transaction).await?;
        if amount < 0 {
            account.expect_cover(balance + amount, account.held(transaction).await?)?;
        }
    }
    let id = write(transaction, Some(key), request, new).await?;
    begun.commit().await?;
    Ok(id)
}

/// The key is used for something else.
pub fn another_intention() -> Error {
    Problem::new(axum::http::StatusCode::UNPROCESSABLE_ENTITY, "this key was used for another request").into()
}

fn amount_of(new: &NewTransfer, account: &str) -> i64 {
    new.entries.iter().find(|entry| entry.account == account).map_or(0, |entry| entry.amount)
}

/// Writes a transfer of accounts that are locked and have enough.
pub async fn write(transaction: &mut Tx, key: Option<&str>, request: &str, new: &NewTransfer) -> Result<i64, Error> {
    // The time after the locks: within an account, later numbers have later times.
    let insert = "INSERT INTO transfers (key, request, description, at) VALUES ($1, $2, $3, clock_timestamp()) \
                  ON CONFLICT (key) DO NOTHING RETURNING id";
    let insert = sqlx::query_scalar(insert).bind(key).bind(request).bind(&new.description);
    let id: Option<i64> = insert.fetch_optional(&mut **transaction).await?;
    // Only a request about other accounts can have got in between: the same accounts are locked.
    let id = id.ok_or_else(another_intention)?;
    for NewEntry { account, amount } in &new.entries {
        let insert = "INSERT INTO entries (account, number, transfer, amount, balance, at) \
                      SELECT $1, coalesce(max(number), 0) + 1, $2, $3, \
                      coalesce((SELECT balance FROM entries WHERE account = $1 ORDER BY number DESC LIMIT 1), 0) + $3, \
                      (SELECT at FROM transfers WHERE id = $2) FROM entries WHERE account = $1";
        let insert = sqlx::query(insert).bind(account).bind(id).bind(amount);
        insert.execute(&mut **transaction).await?;
    }
    Ok(id)
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
    let query = "SELECT number, transfer, amount, balance, description, \
                 to_json(e.at AT TIME ZONE 'UTC') #>> '{}' || 'Z' AS at \
                 FROM entries e JOIN transfers t ON t.id = e.transfer \
                 WHERE account = $1 AND number < $2 ORDER BY number DESC LIMIT $3";
    let query = sqlx::query_as(query).bind(account).bind(before).bind(limit);
    query.fetch_all(database.pool()).await.map_err(problem)
}
