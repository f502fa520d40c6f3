//! What can be done with the node. Each change is one transaction of the database, and peers are told of it once that is on
//! disk.

use crate::{
    chain::{self, Entry, Outcome},
    coins::{Coin, Coins},
    fault::{
        Fault,
        Refusal::{self, Rule},
        code,
    },
    miner, pool, wallet,
};
use bitcoin::{
    Address, Amount, Block, BlockHash, OutPoint, ScriptBuf, Transaction, Txid, block::Header,
    p2p::message_blockdata::Inventory,
};
use plumbing_sqlite::Database;
use tokio::sync::broadcast;

/// So much news a peer may be behind.
const NEWS: usize = 1024;

/// What all requests and all peers share. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Node {
    database: Database,
    news: broadcast::Sender<Inventory>,
}

/// A block of the chain or beside it.
#[derive(Debug)]
pub struct BlockView {
    pub entry: Entry,
    pub block: Block,
    /// The block after it, if both are on the chain.
    pub next: Option<BlockHash>,
    pub tip: Entry,
}

impl Node {
    pub async fn new(database: Database) -> Result<Node, sqlx::Error> {
        let mut transaction = database.begin().await?;
        chain::begin(&mut transaction).await?;
        transaction.commit().await?;
        Ok(Node { database, news: broadcast::Sender::new(NEWS) })
    }

    /// New tips of the chain, and new transactions.
    pub fn listen(&self) -> broadcast::Receiver<Inventory> {
        self.news.subscribe()
    }

    pub async fn tip(&self) -> Result<Entry, Fault> {
        chain::tip(&mut *self.database.reader().acquire().await?).await
    }

    pub async fn find(&self, hash: BlockHash) -> Result<Option<Entry>, Fault> {
        chain::find(&mut *self.database.reader().acquire().await?, hash).await
    }

    pub async fn at(&self, height: u32) -> Result<Option<Entry>, Fault> {
        chain::at(&mut *self.database.reader().acquire().await?, height).await
    }

    /// A block with its content.
    pub async fn block(&self, hash: BlockHash) -> Result<Option<BlockView>, Fault> {
        let mut snapshot = self.database.reader().begin().await?;
        let Some(entry) = chain::find(&mut snapshot, hash).await? else { return Ok(None) };
        let block = chain::content(&mut snapshot, hash).await?;
        let next = if entry.active { chain::at(&mut snapshot, entry.height + 1).await? } else { None };
        let tip = chain::tip(&mut snapshot).await?;
        Ok(Some(BlockView { entry, block, next: next.map(|next| next.hash), tip }))
    }

    /// The headers of the chain above the first of these blocks that is on it, at most so many, and none after `stop`.
    pub async fn headers(&self, known: &[BlockHash], stop: BlockHash, most: u32) -> Result<Vec<Header>, Fault> {
        let mut snapshot = self.database.reader().begin().await?;
        let mut height = 0;
        for hash in known {
            if let Some(entry) = chain::find(&mut snapshot, *hash).await?.filter(|entry| entry.active) {
                height = entry.height;
                break;
            }
        }
        let mut headers = chain::headers(&mut snapshot, height, most).await?;
        if let Some(end) = headers.iter().position(|header| header.block_hash() == stop) {
            headers.truncate(end + 1);
        }
        Ok(headers)
    }

    /// Takes a block from anybody.
    pub async fn submit(&self, block: &Block) -> Result<Outcome, Refusal> {
        let mut transaction = self.database.begin().await?;
        let before = chain::tip(&mut transaction).await?;
        let outcome = chain::submit(&mut transaction, block).await?;
        let after = chain::tip(&mut transaction).await?;
        transaction.commit().await?;
        if after != before {
            self.tell(Inventory::Block(after.hash));
        }
        Ok(outcome)
    }

    /// Makes so many blocks that pay to this script.
    pub async fn generate(&self, count: u32, script: &ScriptBuf) -> Result<Vec<BlockHash>, Refusal> {
        let mut transaction = self.database.begin().await?;
        let mut hashes = Vec::new();
        for _ in 0..count {
            let block = miner::mine(&mut transaction, script.clone()).await?;
            let outcome = chain::submit(&mut transaction, &block).await?;
            if outcome != Outcome::OnChain {
                return Err(Fault::internal(format!("our own block is not taken: {outcome:?}")).into());
            }
            hashes.push(block.block_hash());
        }
        transaction.commit().await?;
        if let Some(last) = hashes.last() {
            self.tell(Inventory::Block(*last));
        }
        Ok(hashes)
    }

    /// Takes a transaction from anybody.
    pub async fn accept(&self, candidate: &Transaction) -> Result<Txid, Fault> {
        let txid = candidate.compute_txid();
        let mut transaction = self.database.begin().await?;
        let mut coins = Coins::new(&mut transaction);
        for vout in (0..).take(candidate.output.len()) {
            if coins.get(OutPoint { txid, vout }).await?.is_some() {
                return Err(Fault::new(code::ALREADY_CONFIRMED, "it is in a block already"));
            }
        }
        if pool::accept(&mut transaction, candidate).await? {
            transaction.commit().await?;
            self.tell(Inventory::Transaction(txid));
        }
        Ok(txid)
    }

    /// The transactions that wait for a block.
    pub async fn pool(&self) -> Result<Vec<Transaction>, Fault> {
        pool::all(&mut *self.database.reader().acquire().await?).await
    }

    /// One of them.
    pub async fn waiting(&self, txid: Txid) -> Result<Option<Transaction>, Fault> {
        pool::find(&mut *self.database.reader().acquire().await?, txid).await
    }

    /// An output that is not spent, and the tip. With the pool: as if all of it were in the next block.
    pub async fn coin(&self, point: OutPoint, with_pool: bool) -> Result<(Option<Coin>, Entry), Fault> {
        let mut snapshot = self.database.reader().begin().await?;
        let tip = chain::tip(&mut snapshot).await?;
        let waiting = if with_pool { pool::all(&mut snapshot).await? } else { Vec::new() };
        let mut coins = Coins::new(&mut snapshot);
        for transaction in &waiting {
            coins.spend(transaction, tip.height + 1).await?;
        }
        Ok((coins.get(point).await?, tip))
    }

    /// The tip, how many coins there are, and what they are worth together.
    pub async fn coins(&self) -> Result<(Entry, i64, Amount), Fault> {
        let mut snapshot = self.database.reader().begin().await?;
        let tip = chain::tip(&mut snapshot).await?;
        let query = sqlx::query_as("SELECT count(*), coalesce(sum(value), 0) FROM coins");
        let (count, total): (i64, i64) = query.fetch_one(&mut *snapshot).await?;
        Ok((tip, count, Amount::from_sat(total.cast_unsigned())))
    }

    /// A new address of the wallet.
    pub async fn new_address(&self) -> Result<Address, Fault> {
        wallet::new_address(&mut *self.database.writer().acquire().await?).await
    }

    /// What the wallet can spend.
    pub async fn balance(&self) -> Result<Amount, Fault> {
        wallet::balance(&mut *self.database.reader().begin().await?).await
    }

    /// Pays from the wallet.
    pub async fn pay(&self, script: ScriptBuf, amount: Amount) -> Result<Txid, Fault> {
        let mut transaction = self.database.begin().await?;
        let payment = wallet::pay(&mut transaction, script, amount).await?;
        pool::accept(&mut transaction, &payment).await?;
        transaction.commit().await?;
        self.tell(Inventory::Transaction(payment.compute_txid()));
        Ok(payment.compute_txid())
    }

    fn tell(&self, news: Inventory) {
        // An error says that there are no peers.
        let _ = self.news.send(news);
    }
}

/// What `submitblock` answers (BIP 22): nothing, when the block is the tip now.
pub fn answer(result: Result<Outcome, Refusal>) -> Result<Option<&'static str>, Fault> {
    match result {
        Ok(Outcome::OnChain) => Ok(None),
        Ok(Outcome::Aside) => Ok(Some("inconclusive")),
        Ok(Outcome::Invalid(rule)) | Err(Rule(rule)) => Ok(Some(rule)),
        Err(Refusal::Failure(fault)) => Err(fault),
    }
}
