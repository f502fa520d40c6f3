//! Money that is promised and not yet moved: it can no longer be spent, and nobody has it.

use crate::{
    account,
    database::{Attempts, Database, Error, Tx, problem},
    transfer::{self, NewEntry, NewTransfer},
};
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
    let mut begun = database.begin().await?;
    let transaction = &mut begun;
    let locked = account::lock(transaction, std::slice::from_ref(&new.account)).await?;
    let query = sqlx::query_as("SELECT id, request FROM holds WHERE key = $1").bind(key);
    let before: Option<(i64, String)> = query.fetch_optional(&mut **transaction).await?;
    if let Some((id, what)) = before {
        return if what == request { Ok(id) } else { Err(transfer::another_intention()) };
    }
    for account in &locked {
        let (_, balance) = account.last(transaction).await?;
        account.expect_cover(balance - new.amount, account.held(transaction).await?)?;
    }
    let insert = "INSERT INTO holds (key, request, account, amount, status) VALUES ($1, $2, $3, $4, 'held') \
                  ON CONFLICT (key) DO NOTHING RETURNING id";
    let insert = sqlx::query_scalar(insert).bind(key).bind(request).bind(&new.account).bind(new.amount);
    let id: Option<i64> = insert.fetch_optional(&mut **transaction).await?;
    let id = id.ok_or_else(transfer::another_intention)?;
    begun.commit().await?;
    Ok(id)
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
    let mut begun = database.begin().await?;
    let transaction = &mut begun;
    let account = account_of(transaction, id).await?;
    if account == capture.to {
        return Err(Problem::invalid("to", "another account").into());
    }
    let locked = account::lock(transaction, &[account.clone(), capture.to.clone()]).await?;
    if locked.windows(2).any(|pair| pair[0].currency != pair[1].currency) {
        return Err(Problem::invalid("to", "an account of the same currency").into());
    }
    // Only now: whoever ends a hold has its account locked.
    let hold = open(transaction, id).await?;
    let amount = capture.amount.unwrap_or(hold.amount);
    if !(1..=hold.amount).contains(&amount) {
        return Err(Problem::invalid("amount", "from 1 to what is held").into());
    }
    let entries = vec![NewEntry { account, amount: -amount }, NewEntry { account: capture.to.clone(), amount }];
    let new = NewTransfer { description: format!("capture of hold {id}"), entries };
    let made = transfer::write(transaction, None, "", &new).await?;
    let update = sqlx::query("UPDATE holds SET status = 'captured', transfer = $2 WHERE id = $1");
    update.bind(id).bind(made).execute(&mut **transaction).await?;
    begun.commit().await?;
    Ok(())
}

/// Gives back what is held.
pub async fn release(database: &Database, id: i64) -> Result<Hold, Problem> {
    let mut attempts = Attempts::default();
    while attempts.settle(release_once(database, id).await)?.is_none() {}
    show(database, id).await
}

async fn release_once(database: &Database, id: i64) -> Result<(), Error> {
    let mut begun = database.begin().await?;
    let transaction = &mut begun;
    let account = account_of(transaction, id).await?;
    account::lock(transaction, &[account]).await?;
    open(transaction, id).await?;
    let update = sqlx::query("UPDATE holds SET status = 'released' WHERE id = $1").bind(id);
    update.execute(&mut **transaction).await?;
    begun.commit().await?;
    Ok(())
}

async fn account_of(transaction: &mut Tx, id: i64) -> Result<String, Error> {
    let query = sqlx::query_scalar("SELECT account FROM holds WHERE id = $1").bind(id);
    let account: Option<String> = query.fetch_optional(&mut **transaction).await?;
    account.ok_or_else(|| missing().into())
}

/// The hold, if it has not come to its end.
async fn open(transaction: &mut Tx, id: i64) -> Result<Hold, Error> {
    let query = sqlx::query_as("SELECT id, account, amount, status, transfer FROM holds WHERE id = $1").bind(id);
    let hold: Hold = query.fetch_one(&mut **transaction).await?;
    if hold.status != "held" {
        return Err(Problem::conflict(format!("the hold was {} before", hold.status)).into());
    }
    Ok(hold)
}
