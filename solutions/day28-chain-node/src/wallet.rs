//! The wallet: keys of our own, and what they own.

use crate::{
    chain,
    coins::{self, Coin},
    fault::{Fault, code},
    pool, rules, signature,
};
use bitcoin::{
    Address, Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness, absolute::LockTime,
    secp256k1::SecretKey, transaction::Version,
};
use sqlx::SqliteConnection;

/// Satoshi for each virtual byte of a transaction.
const FEE_RATE: u64 = 5;

/// Virtual bytes of a transaction with one payment and change, and of each input.
const BASE_SIZE: u64 = 80;
const INPUT_SIZE: u64 = 68;

/// Less than that is not worth an output.
const DUST: Amount = Amount::from_sat(294);

/// A coin of ours, and the key to it.
#[derive(Debug, Clone)]
pub struct Owned {
    pub point: OutPoint,
    pub coin: Coin,
    pub secret: SecretKey,
}

/// A row: the secret key and a coin's columns.
type Row = (Vec<u8>, Vec<u8>, i64, i64, Vec<u8>, i64, bool);

/// A new address of ours.
pub async fn new_address(connection: &mut SqliteConnection) -> Result<Address, Fault> {
    let secret = signature::new_key();
    let address = signature::address(&secret);
    sqlx::query("INSERT INTO keys (script, secret) VALUES (?, ?)")
        .bind(address.script_pubkey().into_bytes())
        .bind(secret.secret_bytes().to_vec())
        .execute(connection)
        .await?;
    Ok(address)
}

/// What we can spend.
pub async fn balance(connection: &mut SqliteConnection) -> Result<Amount, Fault> {
    Ok(spendable(connection).await?.iter().map(|owned| owned.coin.output.value).sum())
}

/// A signed transaction that pays so much to this script.
pub async fn pay(connection: &mut SqliteConnection, script: ScriptBuf, amount: Amount) -> Result<Transaction, Fault> {
    let available = spendable(connection).await?;
    let (chosen, change) = choose(available, amount)?;
    let mut output = vec![TxOut { value: amount, script_pubkey: script }];
    if change >= DUST {
        output.push(TxOut { value: change, script_pubkey: new_address(connection).await?.script_pubkey() });
    }
    let inputs = chosen.iter().map(|owned| TxIn {
        previous_output: owned.point,
        script_sig: ScriptBuf::new(),
        sequence: Sequence::ENABLE_LOCKTIME_NO_RBF,
        witness: Witness::new(),
    });
    let mut transaction =
        Transaction { version: Version::TWO, lock_time: LockTime::ZERO, input: inputs.collect(), output };
    for (index, owned) in chosen.iter().enumerate() {
        let witness = signature::sign(&transaction, index, &owned.coin, &owned.secret);
        transaction.input[index].witness = witness.ok_or_else(|| Fault::internal("a coin of ours is not ours"))?;
    }
    Ok(transaction)
}

/// Coins that are enough for this amount and the fee, and what is left of them.
fn choose(mut available: Vec<Owned>, amount: Amount) -> Result<(Vec<Owned>, Amount), Fault> {
    available.sort_by_key(|owned| owned.coin.output.value);
    let (mut chosen, mut total, mut fee) = (Vec::new(), Amount::ZERO, Amount::from_sat(BASE_SIZE * FEE_RATE));
    // Large ones first: fewer inputs, smaller fee.
    while total < amount + fee {
        let Some(owned) = available.pop() else {
            let message = format!("{total} can be spent, and {amount} and the fee {fee} are more");
            return Err(Fault::new(code::FUNDS, message));
        };
        total += owned.coin.output.value;
        fee += Amount::from_sat(INPUT_SIZE * FEE_RATE);
        chosen.push(owned);
    }
    Ok((chosen, total - amount - fee))
}

/// Our coins, without those that nobody may spend yet, and those that a transaction in the pool spends.
async fn spendable(connection: &mut SqliteConnection) -> Result<Vec<Owned>, Fault> {
    let tip = chain::tip(connection).await?;
    let taken = pool::spent(&pool::all(connection).await?);
    let mut owned = owned(connection).await?;
    owned.retain(|Owned { point, coin, .. }| {
        let is_ripe = !coin.coinbase || coin.height + rules::COINBASE_MATURITY <= tip.height;
        is_ripe && !taken.contains(point)
    });
    Ok(owned)
}

/// All our coins on the chain.
async fn owned(connection: &mut SqliteConnection) -> Result<Vec<Owned>, Fault> {
    let sql = "SELECT secret, txid, vout, value, script, height, coinbase FROM coins JOIN keys USING (script)";
    let rows: Vec<Row> = sqlx::query_as(sql).fetch_all(connection).await?;
    let each = rows.into_iter().map(|(secret, txid, vout, value, script, height, coinbase)| {
        let (point, coin) = coins::from_row((txid, vout, value, script, height, coinbase));
        Ok(Owned { point, coin, secret: SecretKey::from_slice(&secret).map_err(Fault::internal)? })
    });
    each.collect()
}
