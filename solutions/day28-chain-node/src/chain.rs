//! The blocks: which there are, and which of them are the chain.

use crate::{
    coins::{self, Coin, Coins},
    fault::{
        Fault,
        Refusal::{self, Rule},
    },
    pool, rules, signature,
};
use bitcoin::{
    Amount, Block, BlockHash, Network, Transaction, Work,
    block::Header,
    consensus::{deserialize, serialize},
    constants::genesis_block,
    hashes::Hash,
};
use sqlx::SqliteConnection;

/// What is known of a block, without its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub hash: BlockHash,
    pub parent: BlockHash,
    pub height: u32,
    /// Of all blocks up to this one.
    pub work: Work,
    /// Whether it is on the chain.
    pub active: bool,
    /// Whether it, or a block below it, breaks a rule.
    pub invalid: bool,
}

/// What became of a block that was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is on the chain, the tip of it.
    OnChain,
    /// It is on another chain, which has not more work.
    Aside,
    /// With the coins of its own chain it breaks a rule. That is remembered.
    Invalid(&'static str),
}

/// A row of the table: hash, parent, height, work, active, invalid.
type Row = (Vec<u8>, Vec<u8>, i64, Vec<u8>, bool, bool);

/// Stores the first block, where there is none. Nobody owns its coinbase: it is no coin.
pub async fn begin(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    let genesis = genesis_block(Network::Regtest);
    let sql =
        "INSERT OR IGNORE INTO blocks (hash, parent, height, work, time, block, active) VALUES (?, ?, 0, ?, ?, ?, 1)";
    sqlx::query(sql)
        .bind(genesis.block_hash().to_byte_array().to_vec())
        .bind(genesis.header.prev_blockhash.to_byte_array().to_vec())
        .bind(genesis.header.work().to_be_bytes().to_vec())
        .bind(i64::from(genesis.header.time))
        .bind(serialize(&genesis))
        .execute(connection)
        .await
        .map(drop)
}

/// The last block of the chain.
pub async fn tip(connection: &mut SqliteConnection) -> Result<Entry, Fault> {
    let sql =
        "SELECT hash, parent, height, work, active, invalid FROM blocks WHERE active ORDER BY height DESC LIMIT 1";
    let row: Row = sqlx::query_as(sql).fetch_one(connection).await?;
    from_row(row)
}

/// The block with this hash, if it is there.
pub async fn find(connection: &mut SqliteConnection, hash: BlockHash) -> Result<Option<Entry>, Fault> {
    let sql = "SELECT hash, parent, height, work, active, invalid FROM blocks WHERE hash = ?";
    let query = sqlx::query_as(sql).bind(hash.to_byte_array().to_vec());
    query.fetch_optional(connection).await?.map(from_row).transpose()
}

/// The block of the chain that has this height, if there is one.
pub async fn at(connection: &mut SqliteConnection, height: u32) -> Result<Option<Entry>, Fault> {
    let sql = "SELECT hash, parent, height, work, active, invalid FROM blocks WHERE active AND height = ?";
    let query = sqlx::query_as(sql).bind(i64::from(height));
    query.fetch_optional(connection).await?.map(from_row).transpose()
}

/// The content of a block that is there.
pub async fn content(connection: &mut SqliteConnection, hash: BlockHash) -> Result<Block, Fault> {
    let query = sqlx::query_scalar("SELECT block FROM blocks WHERE hash = ?").bind(hash.to_byte_array().to_vec());
    let bytes: Vec<u8> = query.fetch_one(connection).await?;
    deserialize(&bytes).map_err(Fault::internal)
}

/// The headers of the chain above this height, at most so many.
pub async fn headers(connection: &mut SqliteConnection, height: u32, most: u32) -> Result<Vec<Header>, Fault> {
    let sql = "SELECT substr(block, 1, 80) FROM blocks WHERE active AND height > ? ORDER BY height LIMIT ?";
    let query = sqlx::query_scalar(sql).bind(i64::from(height)).bind(i64::from(most));
    let headers: Vec<Vec<u8>> = query.fetch_all(connection).await?;
    headers.iter().map(|header| deserialize(header).map_err(Fault::internal)).collect()
}

/// The median of the times of this block and the ten below it: the clock of a chain.
pub async fn median_time(connection: &mut SqliteConnection, hash: BlockHash) -> Result<u32, Fault> {
    let sql = "WITH RECURSIVE line (parent, time, depth) AS (
                   SELECT parent, time, 1 FROM blocks WHERE hash = ?
                   UNION ALL
                   SELECT blocks.parent, blocks.time, depth + 1 FROM blocks JOIN line ON blocks.hash = line.parent
                   WHERE depth < 11)
               SELECT time FROM line ORDER BY time";
    let query = sqlx::query_scalar(sql).bind(hash.to_byte_array().to_vec());
    let times: Vec<i64> = query.fetch_all(connection).await?;
    let median = times.get(times.len() / 2).copied().unwrap_or(0);
    u32::try_from(median).map_err(Fault::internal)
}

/// Checks a block and stores it. If its chain has more work than the one that we are on, that is the chain from now on.
///
/// Everything happens on one connection: whoever calls this commits all of it, or nothing.
pub async fn submit(connection: &mut SqliteConnection, block: &Block) -> Result<Outcome, Refusal> {
    let hash = block.block_hash();
    if let Some(there) = find(connection, hash).await? {
        return Err(Rule(if there.invalid { "duplicate-invalid" } else { "duplicate" }));
    }
    let parent = find(connection, block.header.prev_blockhash).await?.ok_or(Rule("prev-blk-not-found"))?;
    if parent.invalid {
        return Err(Rule("bad-prevblk"));
    }
    rules::header(&block.header, median_time(connection, parent.hash).await?)?;
    let height = parent.height + 1;
    rules::block(block, height)?;
    sqlx::query("INSERT INTO blocks (hash, parent, height, work, time, block) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(hash.to_byte_array().to_vec())
        .bind(parent.hash.to_byte_array().to_vec())
        .bind(i64::from(height))
        .bind((parent.work + block.header.work()).to_be_bytes().to_vec())
        .bind(i64::from(block.header.time))
        .bind(serialize(block))
        .execute(&mut *connection)
        .await?;

    let mut outcome = Outcome::Aside;
    while let Some(best) = best(connection).await? {
        match switch_to(connection, best).await? {
            Ok(()) => {
                outcome = if best.hash == hash { Outcome::OnChain } else { outcome };
                break;
            }
            Err((guilty, rule)) => {
                mark_invalid(connection, guilty).await?;
                // Only this block can have brought more work. What is looked at after it is a part of its chain.
                if best.hash == hash {
                    outcome = Outcome::Invalid(if guilty == hash { rule } else { "bad-prevblk" });
                }
            }
        }
    }
    Ok(outcome)
}

/// The block whose chain has the most work, if that is more than ours. Of several the one that came first.
async fn best(connection: &mut SqliteConnection) -> Result<Option<Entry>, Fault> {
    let work = tip(connection).await?.work.to_be_bytes().to_vec();
    let sql = "SELECT hash, parent, height, work, active, invalid FROM blocks
               WHERE work > ? AND NOT invalid ORDER BY work DESC, seq LIMIT 1";
    sqlx::query_as(sql).bind(work).fetch_optional(connection).await?.map(from_row).transpose()
}

/// Leaves the chain down to where the one of `best` branches off, and goes up there. When a block there breaks a rule,
/// nothing has changed; returns the block and the rule then.
async fn switch_to(
    connection: &mut SqliteConnection,
    best: Entry,
) -> Result<Result<(), (BlockHash, &'static str)>, Refusal> {
    let old = tip(connection).await?;
    let (leaving, coming) = branches(connection, old, best).await?;
    let mut left = Vec::with_capacity(leaving.len());
    for entry in &leaving {
        left.push((content(connection, entry.hash).await?, undo_of(connection, entry.hash).await?));
    }
    let mut blocks = Vec::with_capacity(coming.len());
    for entry in &coming {
        blocks.push(content(connection, entry.hash).await?);
    }

    // From here to `save` nothing is written.
    let mut coins = Coins::new(connection);
    let freed = disconnect(&mut coins, left);
    let mut undos = Vec::with_capacity(blocks.len());
    for (entry, block) in coming.iter().zip(&blocks) {
        match connect(&mut coins, block, entry.height).await {
            Ok(undo) => undos.push(undo),
            Err(Rule(rule)) => return Ok(Err((entry.hash, rule))),
            Err(failure) => return Err(failure),
        }
    }
    coins.save().await?;
    for entry in &leaving {
        set_active(connection, entry.hash, None).await?;
    }
    for (entry, undo) in coming.iter().zip(&undos) {
        set_active(connection, entry.hash, Some(undo)).await?;
    }
    pool::refresh(connection, freed).await?;
    Ok(Ok(()))
}

/// The blocks from `old`, which is the tip, down to where the chain of `new` branches off, without that block; and those
/// from there up to `new`.
async fn branches(
    connection: &mut SqliteConnection,
    mut old: Entry,
    mut new: Entry,
) -> Result<(Vec<Entry>, Vec<Entry>), Fault> {
    let (mut leaving, mut coming) = (Vec::new(), Vec::new());
    while !new.active {
        coming.push(new);
        new = below(connection, new).await?;
    }
    coming.reverse();
    while old.hash != new.hash {
        leaving.push(old);
        old = below(connection, old).await?;
    }
    Ok((leaving, coming))
}

/// Takes blocks back, from the tip down, each with the coins that it has spent. Returns their transactions in the order of
/// the chain, without the coinbases.
fn disconnect(coins: &mut Coins<'_>, blocks: Vec<(Block, Vec<Coin>)>) -> Vec<Transaction> {
    let mut freed = Vec::new();
    for (block, spent) in blocks {
        freed.splice(0..0, block.txdata.iter().skip(1).cloned());
        coins.undo(&block, spent);
    }
    freed
}

/// Spends and makes what a block spends and makes. Returns the coins that it has spent, in its order.
async fn connect(coins: &mut Coins<'_>, block: &Block, height: u32) -> Result<Vec<Coin>, Refusal> {
    let (mut fees, mut undo) = (Amount::ZERO, Vec::new());
    let Some((coinbase, transactions)) = block.txdata.split_first() else { return Err(Rule("bad-cb-missing")) };
    coins.create(coinbase, height);
    for transaction in transactions {
        let (fee, spent) = coins.spend(transaction, height).await?;
        signature::verify(transaction, &spent)?;
        fees += fee;
        undo.extend(spent);
    }
    let made: Amount = coinbase.output.iter().map(|output| output.value).sum();
    if made > rules::subsidy(height) + fees {
        return Err(Rule("bad-cb-amount"));
    }
    Ok(undo)
}

/// A block that breaks a rule takes everything along that is built on it.
async fn mark_invalid(connection: &mut SqliteConnection, hash: BlockHash) -> Result<(), Fault> {
    let sql = "WITH RECURSIVE guilty (hash) AS (
                   SELECT ?
                   UNION ALL
                   SELECT blocks.hash FROM blocks JOIN guilty ON blocks.parent = guilty.hash)
               UPDATE blocks SET invalid = 1 WHERE hash IN guilty";
    sqlx::query(sql).bind(hash.to_byte_array().to_vec()).execute(connection).await?;
    Ok(())
}

/// Puts a block on the chain, with what is needed to take it off again; or takes it off.
async fn set_active(connection: &mut SqliteConnection, hash: BlockHash, undo: Option<&[Coin]>) -> Result<(), Fault> {
    sqlx::query("UPDATE blocks SET active = ?, undo = ? WHERE hash = ?")
        .bind(undo.is_some())
        .bind(undo.map(coins::to_bytes))
        .bind(hash.to_byte_array().to_vec())
        .execute(connection)
        .await?;
    Ok(())
}

/// The coins that a block on the chain has spent.
async fn undo_of(connection: &mut SqliteConnection, hash: BlockHash) -> Result<Vec<Coin>, Fault> {
    let query = sqlx::query_scalar("SELECT undo FROM blocks WHERE hash = ?").bind(hash.to_byte_array().to_vec());
    let undo: Option<Vec<u8>> = query.fetch_one(connection).await?;
    coins::from_bytes(&undo.unwrap_or_default()).map_err(Fault::internal)
}

async fn below(connection: &mut SqliteConnection, entry: Entry) -> Result<Entry, Fault> {
    let missing = || Fault::internal(format!("the block below {} is missing", entry.hash));
    find(connection, entry.parent).await?.ok_or_else(missing)
}

fn from_row((hash, parent, height, work, active, invalid): Row) -> Result<Entry, Fault> {
    Ok(Entry {
        hash: BlockHash::from_slice(&hash).map_err(Fault::internal)?,
        parent: BlockHash::from_slice(&parent).map_err(Fault::internal)?,
        height: u32::try_from(height).map_err(Fault::internal)?,
        work: Work::from_be_bytes(work.try_into().map_err(|_| Fault::internal("work has 32 bytes"))?),
        active,
        invalid,
    })
}
