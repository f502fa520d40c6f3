//! The rules that a block or a transaction keeps or breaks by itself, whatever else there is.

use crate::fault::Refusal;
use bitcoin::{Amount, Block, Target, Transaction, block::Header};
use std::time::{SystemTime, UNIX_EPOCH};

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
    todo!("50 bitcoins, halved after every {HALVING} blocks, at height {height}")
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
    let target = target(header);
    todo!(
        "hash, target {target:?} and time of {header:?}: later than {median_time}, {AHEAD} seconds ahead of the clock at most"
    )
}

/// The rules of a block of this height that need no coins.
pub fn block(block: &Block, height: u32) -> Result<(), Refusal> {
    todo!("root, witnesses, weight up to {HEAVIEST}, coinbase and transactions of {block:?}, at height {height}")
}

/// The rules of a transaction that need no coins.
pub fn transaction(transaction: &Transaction) -> Result<(), Refusal> {
    todo!("inputs and outputs of {transaction:?}")
}

/// Seconds since 1970, as headers have them.
pub fn now() -> u32 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u32::try_from(elapsed.as_secs()).unwrap_or(u32::MAX)
}
