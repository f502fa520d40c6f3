//! Keys and signatures, for the one kind of script that can be spent here: P2WPKH, a payment to the hash of a public key
//! (BIP 141). What is signed is described in BIP 143.

use crate::{
    coins::Coin,
    fault::Refusal::{self, Rule},
};
use bitcoin::{
    Address, CompressedPublicKey, EcdsaSighashType, Network, ScriptBuf, Transaction, Witness,
    ecdsa::Signature,
    secp256k1::{All, Message, Secp256k1, SecretKey, rand},
    sighash::SighashCache,
};
use std::sync::LazyLock;

/// Tables that make signatures fast.
static SECP: LazyLock<Secp256k1<All>> = LazyLock::new(Secp256k1::new);

/// A new secret key.
pub fn new_key() -> SecretKey {
    SecretKey::new(&mut rand::thread_rng())
}

/// The address that is paid to this key.
pub fn address(secret: &SecretKey) -> Address {
    Address::p2wpkh(&CompressedPublicKey(secret.public_key(&SECP)), Network::Regtest)
}

/// Whether each input of a transaction is signed by who owns its coin. `spent` has the coins in the order of the inputs.
pub fn verify(transaction: &Transaction, spent: &[Coin]) -> Result<(), Refusal> {
    let mut cache = SighashCache::new(transaction);
    for (index, coin) in spent.iter().enumerate() {
        if !is_signed(&mut cache, index, coin) {
            return Err(Rule("block-script-verify-flag-failed"));
        }
    }
    Ok(())
}

fn is_signed(cache: &mut SighashCache<&Transaction>, index: usize, coin: &Coin) -> bool {
    let input = &cache.transaction().input[index];
    let [signature, key] = input.witness.iter().collect::<Vec<_>>()[..] else { return false };
    let (Ok(mut signature), Ok(key)) = (Signature::from_slice(signature), CompressedPublicKey::from_slice(key)) else {
        return false;
    };
    let script = &coin.output.script_pubkey;
    if !input.script_sig.is_empty() || *script != ScriptBuf::new_p2wpkh(&key.wpubkey_hash()) {
        return false;
    }
    let Ok(hash) = cache.p2wpkh_signature_hash(index, script, coin.output.value, signature.sighash_type) else {
        return false;
    };
    // Of each signature there are two forms. The library knows the one with the small s, the rules of blocks both.
    signature.signature.normalize_s();
    SECP.verify_ecdsa(&Message::from(hash), &signature.signature, &key.0).is_ok()
}

/// The witness with which an input spends this coin, or none when it is not this key's.
pub fn sign(transaction: &Transaction, index: usize, coin: &Coin, secret: &SecretKey) -> Option<Witness> {
    let key = secret.public_key(&SECP);
    let script = &coin.output.script_pubkey;
    if *script != ScriptBuf::new_p2wpkh(&CompressedPublicKey(key).wpubkey_hash()) {
        return None;
    }
    let mut cache = SighashCache::new(transaction);
    let hash = cache.p2wpkh_signature_hash(index, script, coin.output.value, EcdsaSighashType::All).ok()?;
    let signature = Signature::sighash_all(SECP.sign_ecdsa_low_r(&Message::from(hash), secret));
    Some(Witness::p2wpkh(&signature, &key))
}
