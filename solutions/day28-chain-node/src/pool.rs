//! Transactions that wait for a block.

use crate::{
    chain,
    coins::Coins,
    fault::{
        Fault,
        Refusal::{self, Rule},
    },
    rules, signature,
};
use bitcoin::{
    OutPoint, Transaction, Txid,
    consensus::{deserialize, serialize},
    hashes::Hash,
};
use sqlx::SqliteConnection;
use std::collections::HashSet;

/// All of them, parents before children.
pub async fn all(connection: &mut SqliteConnection) -> Result<Vec<Transaction>, Fault> {
    let query = sqlx::query_scalar("SELECT body FROM pool ORDER BY seq");
    let bodies: Vec<Vec<u8>> = query.fetch_all(connection).await?;
    bodies.iter().map(|body| deserialize(body).map_err(Fault::internal)).collect()
}

/// The one with this id, if it is there.
pub async fn find(connection: &mut SqliteConnection, txid: Txid) -> Result<Option<Transaction>, Fault> {
    let query = sqlx::query_scalar("SELECT body FROM pool WHERE txid = ?").bind(txid.to_byte_array().to_vec());
    let body: Option<Vec<u8>> = query.fetch_optional(connection).await?;
    body.map(|body| deserialize(&body).map_err(Fault::internal)).transpose()
}

/// What they spend.
pub fn spent(transactions: &[Transaction]) -> HashSet<OutPoint> {
    transactions.iter().flat_map(|transaction| &transaction.input).map(|input| input.previous_output).collect()
}

/// Takes a transaction that could be in the next block. Who comes first stays: nothing is replaced. Returns whether it is
/// new.
pub async fn accept(connection: &mut SqliteConnection, transaction: &Transaction) -> Result<bool, Refusal> {
    rules::transaction(transaction)?;
    if transaction.is_coinbase() {
        return Err(Rule("coinbase"));
    }
    if find(connection, transaction.compute_txid()).await?.is_some() {
        return Ok(false);
    }
    let waiting = all(connection).await?;
    check(connection, &waiting, transaction).await?;
    insert(connection, transaction).await?;
    Ok(true)
}

/// Whether a transaction could be in the next block, after all that waits.
async fn check(
    connection: &mut SqliteConnection,
    waiting: &[Transaction],
    transaction: &Transaction,
) -> Result<(), Refusal> {
    let taken = spent(waiting);
    if transaction.input.iter().any(|input| taken.contains(&input.previous_output)) {
        return Err(Rule("txn-mempool-conflict"));
    }
    let height = chain::tip(connection).await?.height + 1;
    let mut coins = Coins::new(connection);
    for earlier in waiting {
        coins.spend(earlier, height).await?;
    }
    let (_, spent) = coins.spend(transaction, height).await?;
    signature::verify(transaction, &spent)
}

/// The chain has changed: keeps what could still be in the next block, and forgets the rest. `freed` was in blocks that
/// are not on the chain any more.
pub async fn refresh(connection: &mut SqliteConnection, freed: Vec<Transaction>) -> Result<(), Refusal> {
    let waiting = all(connection).await?;
    if freed.is_empty() && waiting.is_empty() {
        return Ok(());
    }
    let kept = still_good(connection, freed, waiting).await?;
    sqlx::query("DELETE FROM pool").execute(&mut *connection).await?;
    for transaction in &kept {
        insert(connection, transaction).await?;
    }
    Ok(())
}

/// Those that could be in the next block one after the other: first what was in a block, and then what has waited.
/// Signatures were looked at when they came.
async fn still_good(
    connection: &mut SqliteConnection,
    freed: Vec<Transaction>,
    waiting: Vec<Transaction>,
) -> Result<Vec<Transaction>, Refusal> {
    let height = chain::tip(connection).await?.height + 1;
    let mut coins = Coins::new(connection);
    let mut kept = Vec::new();
    for transaction in freed.into_iter().chain(waiting) {
        match coins.spend(&transaction, height).await {
            Ok(_) => kept.push(transaction),
            Err(Rule(_)) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(kept)
}

async fn insert(connection: &mut SqliteConnection, transaction: &Transaction) -> Result<(), Fault> {
    sqlx::query("INSERT INTO pool (txid, body) VALUES (?, ?)")
        .bind(transaction.compute_txid().to_byte_array().to_vec())
        .bind(serialize(transaction))
        .execute(connection)
        .await?;
    Ok(())
}
