//! Keys from a passphrase; sealing and opening objects.
//!
//! A sealed object is `nonce (24 bytes) ‖ ciphertext ‖ tag (16 bytes)` of XChaCha20-Poly1305. Its name is authenticated with
//! it, so that no object can stand for another one.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::{Aead, Payload},
};
use clap::value_parser;
use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac};
use plumbing::Failure;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

type Key = [u8; 32];
/// What is sealed is filled up to a multiple of this, so that its length says little about it.
const PADDING: usize = 4096;

/// How much work a guess at the passphrase is.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, clap::Args)]
pub struct Cost {
    /// Memory for turning the passphrase into a key; counts when the first backup is made
    #[arg(long = "kdf-memory-kib", value_name = "KIB", default_value_t = 65536, value_parser = value_parser!(u32).range(8..=1_048_576))]
    memory_kib: u32,
    /// Passes over that memory; counts when the first backup is made
    #[arg(long = "kdf-passes", value_name = "N", default_value_t = 3, value_parser = value_parser!(u32).range(1..=100))]
    passes: u32,
}

/// The object `config`: how to get from the passphrase to the master key, which is sealed in it.
#[derive(Debug, Serialize, Deserialize)]
struct Config {
    version: u8,
    cost: Cost,
    salt: String,
    master: String,
}

/// What the master key is good for: a key for each purpose, and none for two.
pub struct Keys {
    seal: XChaCha20Poly1305,
    name: Hmac<Sha256>,
    /// Moves the places where files are cut, so that the lengths of chunks do not give a known file away.
    pub cut: u64,
}

impl Keys {
    /// A new config with a new master key.
    pub fn new_config(passphrase: &str, cost: &Cost) -> Result<Vec<u8>, Failure> {
        let salt = random::<16>()?;
        let master = seal(&from_passphrase(passphrase, cost, &salt)?, "config", &random::<32>()?)?;
        let (salt, master) = (HEXLOWER.encode(&salt), HEXLOWER.encode(&master));
        Ok(serde_json::to_vec(&Config { version: 1, cost: *cost, salt, master })?)
    }

    /// The keys in a config; none if the passphrase is another, or any byte is.
    pub fn from_config(bytes: &[u8], passphrase: &str) -> Option<Keys> {
        let config: Config = serde_json::from_slice(bytes).ok()?;
        // JSON can say the same in many ways; only one is ours.
        let is_ours = config.version == 1 && serde_json::to_vec(&config).is_ok_and(|ours| ours == bytes);
        // Who can write to the store must not be able to ask for all memory of the machine, or a year of work.
        let is_sane = (8..=1_048_576).contains(&config.cost.memory_kib) && (1..=100).contains(&config.cost.passes);
        let salt = HEXLOWER.decode(config.salt.as_bytes()).ok().filter(|_| is_ours && is_sane)?;
        let key = from_passphrase(passphrase, &config.cost, &salt).ok()?;
        let master = open(&key, "config", &HEXLOWER.decode(config.master.as_bytes()).ok()?)?;
        let derived = |purpose: &str| Some(mac(&master)?.chain_update(purpose).finalize().into_bytes());
        Some(Keys {
            seal: XChaCha20Poly1305::new_from_slice(&derived("seal")?).ok()?,
            name: mac(&derived("name")?)?,
            cut: u64::from_le_bytes(*derived("cut")?.first_chunk()?),
        })
    }

    /// The id of a chunk. Equal bytes have equal ids; a digest without key would tell everybody which known file this is.
    pub fn id(&self, chunk: &[u8]) -> String {
        HEXLOWER.encode(&self.name.clone().chain_update(chunk).finalize().into_bytes())
    }

    /// What is stored as the object `name`.
    pub fn seal(&self, name: &str, plain: &[u8]) -> Result<Vec<u8>, Failure> {
        seal(&self.seal, name, plain)
    }

    /// What was sealed as the object `name`; none if these bytes are anything else.
    pub fn open(&self, name: &str, object: &[u8]) -> Option<Vec<u8>> {
        open(&self.seal, name, object)
    }
}

/// Fresh random bytes of the operating system.
pub fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

fn mac(key: &[u8]) -> Option<Hmac<Sha256>> {
    KeyInit::new_from_slice(key).ok()
}

/// Slow on purpose, and with a salt, so that nobody can guess many at once, or before.
fn from_passphrase(passphrase: &str, cost: &Cost, salt: &[u8]) -> Result<XChaCha20Poly1305, Failure> {
    let mut key = Key::default();
    Params::new(cost.memory_kib, cost.passes, 1, Some(key.len()))
        .map(|params| Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
        .and_then(|argon| argon.hash_password_into(passphrase.as_bytes(), salt, &mut key))
        .map_err(|error| Failure::new(format!("no key can be made of the passphrase: {error}")))?;
    Ok(XChaCha20Poly1305::new(&key.into()))
}

fn seal(key: &XChaCha20Poly1305, name: &str, plain: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut padded = [&u32::try_from(plain.len())?.to_be_bytes(), plain].concat();
    padded.resize(padded.len().next_multiple_of(PADDING), 0);
    // 192 random bits never come twice. A counter would begin anew with each run.
    let nonce = random::<24>()?;
    let sealed = key.encrypt(&nonce.into(), Payload { msg: &padded, aad: name.as_bytes() });
    Ok([&nonce[..], &sealed.map_err(|_| Failure::new("an object is too long"))?].concat())
}

fn open(key: &XChaCha20Poly1305, name: &str, object: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = object.split_first_chunk::<24>()?;
    let padded = key.decrypt(&(*nonce).into(), Payload { msg: sealed, aad: name.as_bytes() }).ok()?;
    let (length, rest) = padded.split_first_chunk()?;
    rest.get(..u32::from_be_bytes(*length) as usize).map(<[u8]>::to_vec)
}
