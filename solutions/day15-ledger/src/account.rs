//! Accounts and their balances, now and then.

use crate::database::{Database, Error, Tx, problem};
use axum::http::StatusCode;
use jiff::Timestamp;
use plumbing::Problem;
use serde::{Deserialize, Serialize};

const LONGEST_ID: usize = 64;

/// An account about to be made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    pub id: String,
    pub currency: String,
    /// How far down the balance may go; null for no limit.
    #[serde(deserialize_with = "present")]
    pub min_balance: Option<i64>,
}

/// `null` is an answer, and a missing field is none.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Option::deserialize(deserializer)
}

/// An account with its balance.
#[derive(Debug, Serialize)]
pub struct Account {
    pub id: String,
    pub currency: String,
    pub min_balance: Option<i64>,
    /// The sum of all entries.
    pub balance: i64,
    /// What is promised to holds.
    pub held: i64,
    /// What can still be spent; null for no limit.
    pub available: Option<i64>,
}

/// A row that is locked: nobody else adds an entry to this account until the transaction ends.
#[derive(Debug, sqlx::FromRow)]
pub struct Locked {
    pub id: String,
    pub currency: String,
    pub min_balance: Option<i64>,
}

impl NewAccount {
    pub fn check(&self) -> Result<(), Problem> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, ':' | '-' | '_');
        let is_id = (1..=LONGEST_ID).contains(&self.id.len()) && self.id.chars().all(allowed);
        if !is_id || self.id.split(':').any(str::is_empty) {
            let rule = "1 to 64 of a-z, 0-9, '-' and '_', in parts with ':' between them";
            return Err(Problem::invalid("id", rule));
        }
        if self.currency.len() != 3 || !self.currency.chars().all(|c| c.is_ascii_uppercase()) {
            return Err(Problem::invalid("currency", "three capital letters, as EUR"));
        }
        if self.min_balance.is_some_and(|lowest| lowest > 0) {
            return Err(Problem::invalid("min_balance", "at most 0: a new account has nothing"));
        }
        Ok(())
    }
}

/// Makes an account. The same again is no mistake: returns whether it is new.
pub async fn create(database: &Database, account: &NewAccount) -> Result<bool, Problem> {
    account.check()?;
    let insert =
        sqlx::query("INSERT INTO accounts (id, currency, min_balance) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING");
    let insert = insert.bind(&account.id).bind(&account.currency).bind(account.min_balance);
    if insert.execute(database.pool()).await.map_err(problem)?.rows_affected() == 1 {
        return Ok(true);
    }
    let there = find(database, &account.id).await?;
    if there.currency == account.currency && there.min_balance == account.min_balance {
        return Ok(false);
    }
    Err(Problem::conflict("there is another account of this name"))
}

async fn find(database: &Database, id: &str) -> Result<Locked, Problem> {
    let query = sqlx::query_as("SELECT id, currency, min_balance FROM accounts WHERE id = $1").bind(id);
    query.fetch_optional(database.pool()).await.map_err(problem)?.ok_or_else(missing)
}

fn missing() -> Problem {
    Problem::not_found("there is no such account")
}

/// The account with its balance of now, in one look.
pub async fn show(database: &Database, id: &str) -> Result<Account, Problem> {
    let query = "SELECT a.id, a.currency, a.min_balance, \
                 coalesce((SELECT balance FROM entries WHERE account = a.id ORDER BY number DESC LIMIT 1), 0), \
                 coalesce((SELECT sum(amount)::bigint FROM holds WHERE account = a.id AND status = 'held'), 0) \
                 FROM accounts a WHERE a.id = $1";
    let row: Option<(String, String, Option<i64>, i64, i64)> =
        sqlx::query_as(query).bind(id).fetch_optional(database.pool()).await.map_err(problem)?;
    let (id, currency, min_balance, balance, held) = row.ok_or_else(missing)?;
    let available = min_balance.map(|lowest| balance - held - lowest);
    Ok(Account { id, currency, min_balance, balance, held, available })
}

/// The balance as it was at a moment, with everything that happened in it.
pub async fn balance_at(database: &Database, id: &str, at: Timestamp) -> Result<i64, Problem> {
    find(database, id).await?;
    let query = "SELECT balance FROM entries WHERE account = $1 AND at <= $2::timestamptz ORDER BY number DESC LIMIT 1";
    let query = sqlx::query_scalar(query).bind(id).bind(at.to_string());
    Ok(query.fetch_optional(database.pool()).await.map_err(problem)?.unwrap_or(0))
}

/// Locks accounts, always in the same order: two transactions that lock the same accounts in different orders would wait
/// for each other.
pub async fn lock(transaction: &mut Tx, ids: &[String]) -> Result<Vec<Locked>, Error> {
    let mut ids = ids.to_vec();
    ids.sort();
    let query = "SELECT id, currency, min_balance FROM accounts WHERE id = ANY($1) ORDER BY id FOR UPDATE";
    let locked: Vec<Locked> = sqlx::query_as(query).bind(&ids).fetch_all(&mut **transaction).await?;
    for id in &ids {
        if !locked.iter().any(|account| account.id == *id) {
            return Err(Problem::invalid("account", format!("there is no account {id:?}"))
                .with("account", id.as_str())
                .into());
        }
    }
    Ok(locked)
}

impl Locked {
    /// Number and balance of the last entry.
    pub async fn last(&self, transaction: &mut Tx) -> Result<(i64, i64), Error> {
        let query = "SELECT number, balance FROM entries WHERE account = $1 ORDER BY number DESC LIMIT 1";
        let last: Option<(i64, i64)> = sqlx::query_as(query).bind(&self.id).fetch_optional(&mut **transaction).await?;
        Ok(last.unwrap_or((0, 0)))
    }

    /// What is promised.
    pub async fn held(&self, transaction: &mut Tx) -> Result<i64, Error> {
        let query = "SELECT coalesce(sum(amount), 0)::bigint FROM holds WHERE account = $1 AND status = 'held'";
        Ok(sqlx::query_scalar(query).bind(&self.id).fetch_one(&mut **transaction).await?)
    }

    /// Whether the balance may fall to `balance` while this much is promised.
    pub fn expect_cover(&self, balance: i64, held: i64) -> Result<(), Problem> {
        match self.min_balance {
            Some(lowest) if balance.saturating_sub(held) < lowest => {
                Err(Problem::new(StatusCode::CONFLICT, "the account does not have that much")
                    .with("account", self.id.as_str()))
            }
            _ => Ok(()),
        }
    }
}
