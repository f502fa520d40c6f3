//! Keys, transactions and blocks, made with the `bitcoin` crate and without the node.

use bitcoin::{
    Address, Amount, Block, BlockHash, CompactTarget, CompressedPublicKey, EcdsaSighashType, Network, OutPoint,
    ScriptBuf, Sequence, Transaction, TxIn, TxMerkleNode, TxOut, Witness,
    absolute::LockTime,
    block::{Header, Version},
    ecdsa::Signature,
    hashes::Hash,
    script::{Builder, PushBytesBuf},
    secp256k1::{All, Message, Secp256k1, SecretKey},
    sighash::SighashCache,
    transaction,
};
use harness::Random;
use std::sync::LazyLock;

static SECP: LazyLock<Secp256k1<All>> = LazyLock::new(Secp256k1::new);

/// The easiest target: a block with it has work 2.
pub const EASY: u32 = 0x207f_ffff;

/// A block with this target has work 32.
pub const WORK_32: u32 = 0x2007_ffff;

/// A block with this target has work 512.
pub const WORK_512: u32 = 0x1f7f_ffff;

/// What transactions of the tests pay for a place in a block.
pub const FEE: u64 = 2_000;

/// A key, and what is paid to it.
#[derive(Debug, Clone)]
pub struct Key {
    pub secret: SecretKey,
}

impl Key {
    pub fn random(random: &mut Random) -> Key {
        loop {
            // All but one of 2^128 are keys.
            if let Ok(secret) = SecretKey::from_slice(&random.bytes(32)) {
                return Key { secret };
            }
        }
    }

    pub fn public(&self) -> CompressedPublicKey {
        CompressedPublicKey(self.secret.public_key(&SECP))
    }

    pub fn address(&self) -> String {
        Address::p2wpkh(&self.public(), Network::Regtest).to_string()
    }

    pub fn script(&self) -> ScriptBuf {
        ScriptBuf::new_p2wpkh(&self.public().wpubkey_hash())
    }

    /// An output that pays to this key.
    pub fn output(&self, satoshi: u64) -> TxOut {
        TxOut { value: Amount::from_sat(satoshi), script_pubkey: self.script() }
    }
}

/// An output that can be spent, and the key for it.
#[derive(Debug, Clone)]
pub struct Coin {
    pub point: OutPoint,
    pub output: TxOut,
    pub key: Key,
}

impl Coin {
    /// An output of a transaction.
    pub fn of(transaction: &Transaction, vout: u32, key: &Key) -> Coin {
        let output = transaction.output[vout as usize].clone();
        Coin { point: OutPoint { txid: transaction.compute_txid(), vout }, output, key: key.clone() }
    }

    pub fn satoshi(&self) -> u64 {
        self.output.value.to_sat()
    }

    /// A signed transaction that spends this coin for one output, and the usual fee.
    pub fn pay(&self, to: &Key) -> Transaction {
        spend(&[self], vec![to.output(self.satoshi() - FEE)])
    }
}

/// A transaction that is not signed.
pub fn unsigned(coins: &[&Coin], output: Vec<TxOut>) -> Transaction {
    let inputs = coins.iter().map(|coin| TxIn {
        previous_output: coin.point,
        script_sig: ScriptBuf::new(),
        // Final: even a node that replaces transactions does not take that for a wish.
        sequence: Sequence::MAX,
        witness: Witness::new(),
    });
    Transaction { version: transaction::Version::TWO, lock_time: LockTime::ZERO, input: inputs.collect(), output }
}

/// A signed transaction.
pub fn spend(coins: &[&Coin], output: Vec<TxOut>) -> Transaction {
    let mut transaction = unsigned(coins, output);
    for (index, coin) in coins.iter().enumerate() {
        transaction.input[index].witness = witness(&transaction, index, coin, &coin.key);
    }
    transaction
}

/// The witness with which a key signs an input that spends this coin.
pub fn witness(transaction: &Transaction, index: usize, coin: &Coin, key: &Key) -> Witness {
    // What is signed has the script of the coin in it. With the script of another key it would be another message.
    let mut cache = SighashCache::new(transaction);
    let hash = cache.p2wpkh_signature_hash(index, &coin.output.script_pubkey, coin.output.value, EcdsaSighashType::All);
    let hash = hash.expect("tests sign for P2WPKH outputs");
    let signature = Signature::sighash_all(SECP.sign_ecdsa(&Message::from(hash), &key.secret));
    Witness::p2wpkh(&signature, &key.public().0)
}

/// A block that others are built on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tip {
    pub hash: BlockHash,
    pub height: u32,
    pub time: u32,
}

impl Tip {
    pub fn of(block: &Block, height: u32) -> Tip {
        Tip { hash: block.block_hash(), height, time: block.header.time }
    }
}

/// A block about to be made. Its fields can be changed, to make a good block of another kind, or a bad one.
#[derive(Debug, Clone)]
pub struct Draft {
    pub parent: BlockHash,
    pub time: u32,
    pub bits: u32,
    pub coinbase: Transaction,
    pub transactions: Vec<Transaction>,
}

impl Draft {
    /// A block on top of that one, whose reward nobody can spend.
    pub fn on(tip: Tip, random: &mut Random) -> Draft {
        let key = Key::random(random);
        let height = tip.height + 1;
        let extra = PushBytesBuf::try_from(random.bytes(8)).expect("eight bytes can be pushed");
        let coinbase = Transaction {
            version: transaction::Version::TWO,
            lock_time: LockTime::ZERO,
            input: vec![TxIn {
                previous_output: OutPoint::null(),
                script_sig: Builder::new().push_int(height.into()).push_slice(extra).into_script(),
                sequence: Sequence::MAX,
                witness: Witness::from_slice(&[[0_u8; 32]]),
            }],
            output: vec![key.output(subsidy(height))],
        };
        Draft { parent: tip.hash, time: tip.time + 1, bits: EASY, coinbase, transactions: Vec::new() }
    }

    pub fn bits(mut self, bits: u32) -> Draft {
        self.bits = bits;
        self
    }

    /// The reward goes to this key.
    pub fn to(mut self, key: &Key) -> Draft {
        self.coinbase.output[0].script_pubkey = key.script();
        self
    }

    /// The reward goes to this address.
    pub fn paying(mut self, address: &str) -> Draft {
        let address: Address<_> = address.parse().expect("the node's addresses can be read");
        self.coinbase.output[0].script_pubkey = address.assume_checked().script_pubkey();
        self
    }

    /// One more transaction, with the usual fee.
    pub fn with(mut self, transaction: &Transaction) -> Draft {
        self.transactions.push(transaction.clone());
        self.coinbase.output[0].value += Amount::from_sat(FEE);
        self
    }

    /// What the coinbase makes, in satoshi.
    pub fn reward(mut self, satoshi: u64) -> Draft {
        self.coinbase.output[0].value = Amount::from_sat(satoshi);
        self
    }

    /// The block.
    pub fn mine(self) -> Block {
        mine(self.assemble())
    }

    /// The block without proof of work.
    pub fn assemble(self) -> Block {
        let header = Header {
            version: Version::NO_SOFT_FORK_SIGNALLING,
            prev_blockhash: self.parent,
            merkle_root: TxMerkleNode::all_zeros(),
            time: self.time,
            bits: CompactTarget::from_consensus(self.bits),
            nonce: 0,
        };
        let mut block = Block { header, txdata: [vec![self.coinbase], self.transactions].concat() };
        commit(&mut block);
        block
    }
}

/// Lets the coinbase commit to the witnesses (BIP 141), and the header to the transactions.
pub fn commit(block: &mut Block) {
    if block.txdata[1..].iter().flat_map(|transaction| &transaction.input).any(|input| !input.witness.is_empty()) {
        let root = block.witness_root().expect("a block has transactions");
        let commitment = Block::compute_witness_commitment(&root, &[0; 32]).to_byte_array();
        let marked = [&[0xaa, 0x21, 0xa9, 0xed], &commitment[..]].concat();
        let push = PushBytesBuf::try_from(marked).expect("36 bytes can be pushed");
        let script_pubkey = ScriptBuf::new_op_return(push);
        block.txdata[0].output.push(TxOut { value: Amount::ZERO, script_pubkey });
    } else {
        // Without witnesses in the others, the coinbase needs none.
        block.txdata[0].input[0].witness = Witness::new();
    }
    root(block);
}

/// Lets the header commit to the transactions.
pub fn root(block: &mut Block) {
    block.header.merkle_root = block.compute_merkle_root().expect("a block has transactions");
}

/// Looks for a nonce that meets the target.
pub fn mine(mut block: Block) -> Block {
    while !block.header.target().is_met_by(block.block_hash()) {
        block.header.nonce += 1;
    }
    block
}

/// What a block of this height makes of nothing, in satoshi.
pub fn subsidy(height: u32) -> u64 {
    5_000_000_000 >> (height / 150)
}

/// What all blocks up to this height have made.
pub fn issued(height: u32) -> u64 {
    (1..=height).map(subsidy).sum()
}
