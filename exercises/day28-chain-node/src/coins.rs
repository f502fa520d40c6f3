//! The outputs that nobody has spent: the UTXO set.

use crate::{fault::Refusal, rules::COINBASE_MATURITY};
use bitcoin::{
    Amount, Block, OutPoint, ScriptBuf, Transaction, TxOut,
    consensus::{Decodable, deserialize_partial, encode, serialize},
    hashes::Hash,
};
use sqlx::SqliteConnection;
use std::collections::HashMap;

/// An output that can be spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coin {
    pub output: TxOut,
    /// Of the block that has made it.
    pub height: u32,
    /// Whether it is pay for a block.
    pub coinbase: bool,
}

/// The coins as they are after some changes that are not written down yet, and may never be.
#[derive(Debug)]
pub struct Coins<'c> {
    connection: &'c mut SqliteConnection,
    /// What is different from the database; none is a coin that is gone.
    changes: HashMap<OutPoint, Option<Coin>>,
}

/// A row of the table: txid, vout, value, script, height, coinbase.
pub type Row = (Vec<u8>, i64, i64, Vec<u8>, i64, bool);

impl<'c> Coins<'c> {
    /// As they are in the database.
    pub fn new(connection: &'c mut SqliteConnection) -> Coins<'c> {
        Coins { connection, changes: HashMap::new() }
    }

    /// The coin of this output, if it is there to be spent.
    pub async fn get(&mut self, point: OutPoint) -> Result<Option<Coin>, Refusal> {
        if let Some(change) = self.changes.get(&point) {
            return Ok(change.clone());
        }
        let sql = "SELECT txid, vout, value, script, height, coinbase FROM coins WHERE txid = ? AND vout = ?";
        let query = sqlx::query_as(sql).bind(point.txid.to_byte_array().to_vec()).bind(i64::from(point.vout));
        let row: Option<Row> = query.fetch_optional(&mut *self.connection).await?;
        Ok(row.map(|row| from_row(row).1))
    }

    /// Spends the inputs of a transaction in a block of this height, and adds its outputs. Returns the fee, and the coins
    /// that are gone, in the order of the inputs. Nothing has changed when it is refused. Signatures are not looked at.
    pub async fn spend(&mut self, transaction: &Transaction, height: u32) -> Result<(Amount, Vec<Coin>), Refusal> {
        todo!("spend the inputs of {transaction:?} in block {height}: rewards wait for {COINBASE_MATURITY} blocks")
    }

    /// Adds the outputs of a transaction.
    pub fn create(&mut self, transaction: &Transaction, height: u32) {
        for (point, output) in outputs(transaction) {
            todo!("a coin of height {height} at {point}: {output:?}");
        }
    }

    /// Takes back what a block has done. `spent` are the coins that it has spent, in its order.
    pub fn undo(&mut self, block: &Block, spent: Vec<Coin>) {
        todo!("take back {block:?}, which has spent {spent:?}")
    }

    /// Writes all changes into the database.
    pub async fn save(self) -> Result<(), Refusal> {
        for (point, change) in self.changes {
            let (txid, vout) = (point.txid.to_byte_array().to_vec(), i64::from(point.vout));
            let query = match change {
                None => sqlx::query("DELETE FROM coins WHERE txid = ? AND vout = ?").bind(txid).bind(vout),
                Some(coin) => sqlx::query("INSERT OR REPLACE INTO coins VALUES (?, ?, ?, ?, ?, ?)")
                    .bind(txid)
                    .bind(vout)
                    .bind(coin.output.value.to_sat().cast_signed())
                    .bind(coin.output.script_pubkey.into_bytes())
                    .bind(i64::from(coin.height))
                    .bind(coin.coinbase),
            };
            query.execute(&mut *self.connection).await?;
        }
        Ok(())
    }
}

/// The outputs that can be spent, and where they are. OP_RETURN makes an output that nobody ever can.
fn outputs(transaction: &Transaction) -> impl Iterator<Item = (OutPoint, &TxOut)> {
    let txid = transaction.compute_txid();
    let all = (0..).zip(&transaction.output).map(move |(vout, output)| (OutPoint { txid, vout }, output));
    all.filter(|(_, output)| !output.script_pubkey.is_op_return())
}

/// A coin from the database, and where it is.
pub fn from_row((txid, vout, value, script, height, coinbase): Row) -> (OutPoint, Coin) {
    let txid = bitcoin::Txid::from_slice(&txid).unwrap_or(bitcoin::Txid::all_zeros());
    let output = TxOut { value: Amount::from_sat(value.cast_unsigned()), script_pubkey: ScriptBuf::from_bytes(script) };
    let point = OutPoint { txid, vout: u32::try_from(vout).unwrap_or(u32::MAX) };
    (point, Coin { output, height: u32::try_from(height).unwrap_or(u32::MAX), coinbase })
}

/// Coins as bytes, to be stored with the block that has spent them.
pub fn to_bytes(coins: &[Coin]) -> Vec<u8> {
    let each = |coin: &Coin| [serialize(&coin.output), serialize(&coin.height), serialize(&coin.coinbase)].concat();
    coins.iter().flat_map(each).collect()
}

/// And back.
pub fn from_bytes(mut bytes: &[u8]) -> Result<Vec<Coin>, encode::Error> {
    fn next<T: Decodable>(bytes: &mut &[u8]) -> Result<T, encode::Error> {
        let (value, length) = deserialize_partial(bytes)?;
        *bytes = &bytes[length..];
        Ok(value)
    }
    let mut coins = Vec::new();
    while !bytes.is_empty() {
        coins.push(Coin { output: next(&mut bytes)?, height: next(&mut bytes)?, coinbase: next(&mut bytes)? });
    }
    Ok(coins)
}
