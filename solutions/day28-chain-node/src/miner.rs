//! New blocks.

use crate::{
    chain,
    coins::Coins,
    fault::{Fault, Refusal},
    pool, rules,
};
use bitcoin::{
    Amount, Block, BlockHash, CompactTarget, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxMerkleNode, TxOut,
    Witness,
    absolute::LockTime,
    block::{Header, Version},
    hashes::Hash,
    script::Builder,
    transaction,
};
use sqlx::SqliteConnection;

/// The easiest target of regtest: one hash of two meets it.
const EASIEST: u32 = 0x207f_ffff;

/// What a block and its coinbase weigh without other transactions, and a little more.
const RESERVED: u64 = 4_000;

/// A block on top of the chain, with what waits in the pool, that pays to `script`.
pub async fn mine(connection: &mut SqliteConnection, script: ScriptBuf) -> Result<Block, Refusal> {
    let tip = chain::tip(connection).await?;
    let median_time = chain::median_time(connection, tip.hash).await?;
    let height = tip.height + 1;
    let (chosen, fees) = choose(connection, height).await?;
    let reward = TxOut { value: rules::subsidy(height) + fees, script_pubkey: script };
    let mut block = assemble(tip.hash, height, reward, chosen);
    block.header.time = rules::now().max(median_time + 1);
    while !block.header.target().is_met_by(block.block_hash()) {
        block.header.nonce = block.header.nonce.checked_add(1).ok_or_else(|| Fault::internal("no nonce will do"))?;
    }
    Ok(block)
}

/// Transactions of the pool for a block of this height, in an order in which they can be spent, and their fees.
async fn choose(connection: &mut SqliteConnection, height: u32) -> Result<(Vec<Transaction>, Amount), Refusal> {
    let waiting = pool::all(connection).await?;
    let mut coins = Coins::new(connection);
    let (mut weight, mut fees, mut chosen) = (RESERVED, Amount::ZERO, Vec::new());
    for transaction in waiting {
        weight += transaction.weight().to_wu();
        // What stands behind may need what is left out here, so this is the end.
        if weight > rules::HEAVIEST {
            break;
        }
        let (fee, _) = coins.spend(&transaction, height).await?;
        fees += fee;
        chosen.push(transaction);
    }
    Ok((chosen, fees))
}

/// Puts a block together: coinbase, commitment to the witnesses, merkle root. Time and nonce are left.
fn assemble(parent: BlockHash, height: u32, reward: TxOut, transactions: Vec<Transaction>) -> Block {
    // The reserved value of BIP 141: 32 bytes that stand for nothing yet.
    let reserved = [0; 32];
    let coinbase = Transaction {
        version: transaction::Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![TxIn {
            previous_output: OutPoint::null(),
            // One more byte, because a script of a coinbase has at least two.
            script_sig: Builder::new().push_int(height.into()).push_int(0).into_script(),
            sequence: Sequence::MAX,
            witness: Witness::from_slice(&[reserved]),
        }],
        output: vec![reward],
    };
    let header = Header {
        version: Version::NO_SOFT_FORK_SIGNALLING,
        prev_blockhash: parent,
        merkle_root: TxMerkleNode::all_zeros(),
        time: 0,
        bits: CompactTarget::from_consensus(EASIEST),
        nonce: 0,
    };
    let mut block = Block { header, txdata: [vec![coinbase], transactions].concat() };
    if let Some(root) = block.witness_root() {
        let commitment = Block::compute_witness_commitment(&root, &reserved);
        let marked = [&[0xaa, 0x21, 0xa9, 0xed], &commitment.to_byte_array()[..]].concat();
        // 36 bytes are few enough for one push.
        if let Ok(push) = bitcoin::script::PushBytesBuf::try_from(marked) {
            block.txdata[0].output.push(TxOut { value: Amount::ZERO, script_pubkey: ScriptBuf::new_op_return(push) });
        }
    }
    block.header.merkle_root = block.compute_merkle_root().unwrap_or(TxMerkleNode::all_zeros());
    block
}
