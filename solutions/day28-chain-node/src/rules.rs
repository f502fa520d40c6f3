//! The rules that a block or a transaction keeps or breaks by itself, whatever else there is.

use crate::fault::Refusal::{self, Rule};
use bitcoin::{Amount, Block, OutPoint, Target, Transaction, block::Header, script::Builder};
use std::{
    collections::HashSet,
    time::{SystemTime, UNIX_EPOCH},
};

/// So many blocks have to be between a coinbase and who spends it.
pub const COINBASE_MATURITY: u32 = 100;

/// After so many blocks a new block is worth half.
const HALVING: u32 = 150;

/// A block has at most so many weight units (BIP 141).
pub const HEAVIEST: u64 = 4_000_000;

/// A block may be so many seconds ahead of the clock.
const AHEAD: u32 = 2 * 60 * 60;

/// What a block of this height makes of nothing.
pub fn subsidy(height: u32) -> Amount {
    let halvings = height / HALVING;
    Amount::from_sat(5_000_000_000_u64.checked_shr(halvings).unwrap_or(0))
}

/// The target that a header claims: at least 1, at most regtest's limit, in the shortest form.
pub fn target(header: &Header) -> Option<Target> {
    // An exponent that is larger than the limit's would shift bits out at the upper end.
    if header.bits.to_consensus() >> 24 > 0x20 {
        return None;
    }
    let target = header.target();
    let is_allowed =
        target != Target::ZERO && target <= Target::MAX_ATTAINABLE_REGTEST && target.to_compact_lossy() == header.bits;
    is_allowed.then_some(target)
}

/// The rules of a header. `median_time` is that of the eleven blocks below it.
pub fn header(header: &Header, median_time: u32) -> Result<(), Refusal> {
    if !target(header).is_some_and(|target| target.is_met_by(header.block_hash())) {
        return Err(Rule("high-hash"));
    }
    if header.time <= median_time {
        return Err(Rule("time-too-old"));
    }
    if header.time > now().saturating_add(AHEAD) {
        return Err(Rule("time-too-new"));
    }
    Ok(())
}

/// The rules of a block of this height that need no coins.
pub fn block(block: &Block, height: u32) -> Result<(), Refusal> {
    // First what the hash of the block does not tell: whether these are its transactions at all.
    if !block.check_merkle_root() {
        return Err(Rule("bad-txnmrklroot"));
    }
    // With the last ones twice, a block has the same root (CVE-2012-2459).
    let mut ids = HashSet::new();
    if !block.txdata.iter().all(|transaction| ids.insert(transaction.compute_txid())) {
        return Err(Rule("bad-txns-duplicate"));
    }
    if !block.check_witness_commitment() {
        return Err(Rule("bad-witness-merkle-match"));
    }
    if block.weight().to_wu() > HEAVIEST {
        return Err(Rule("bad-blk-weight"));
    }
    let Some(coinbase) = block.coinbase().filter(|first| first.is_coinbase()) else {
        return Err(Rule("bad-cb-missing"));
    };
    if block.txdata[1..].iter().any(Transaction::is_coinbase) {
        return Err(Rule("bad-cb-multiple"));
    }
    let script = &coinbase.input[0].script_sig;
    if !(2..=100).contains(&script.len()) {
        return Err(Rule("bad-cb-length"));
    }
    // So that no two coinbases are the same (BIP 34).
    let begin = Builder::new().push_int(height.into()).into_script();
    if !script.as_bytes().starts_with(begin.as_bytes()) {
        return Err(Rule("bad-cb-height"));
    }
    block.txdata.iter().try_for_each(transaction)
}

/// The rules of a transaction that need no coins.
pub fn transaction(transaction: &Transaction) -> Result<(), Refusal> {
    if transaction.input.is_empty() {
        return Err(Rule("bad-txns-vin-empty"));
    }
    if transaction.output.is_empty() {
        return Err(Rule("bad-txns-vout-empty"));
    }
    let mut total = Amount::ZERO;
    for output in &transaction.output {
        // Added one by one, and looked at each time: a sum of large amounts is a small one, once it has overflowed.
        total = total.checked_add(output.value).unwrap_or(Amount::MAX);
        if total > Amount::MAX_MONEY {
            return Err(Rule("bad-txns-txouttotal-toolarge"));
        }
    }
    let mut inputs = HashSet::new();
    if !transaction.input.iter().all(|input| inputs.insert(input.previous_output)) {
        return Err(Rule("bad-txns-inputs-duplicate"));
    }
    if !transaction.is_coinbase() && inputs.iter().any(OutPoint::is_null) {
        return Err(Rule("bad-txns-prevout-null"));
    }
    Ok(())
}

/// Seconds since 1970, as headers have them.
pub fn now() -> u32 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u32::try_from(elapsed.as_secs()).unwrap_or(u32::MAX)
}
