//! Keys from a passphrase; sealing and opening objects.
//!
//! A sealed object is `nonce (24 bytes) ‖ ciphertext ‖ tag (16 bytes)` of XChaCha20-Poly1305. Its name is authenticated with
//! it, so that no object can stand for another one.

use chacha20poly1305::XChaCha20Poly1305;
use clap::value_parser;
use hmac::Hmac;
use plumbing::Failure;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

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
        todo!("a fresh master key, sealed at {cost:?} by a passphrase of {} bytes", passphrase.len())
    }

    /// The keys in a config; none if the passphrase is another, or any byte is.
    pub fn from_config(bytes: &[u8], passphrase: &str) -> Option<Keys> {
        todo!("the keys in a config of {} bytes, by a passphrase of {}", bytes.len(), passphrase.len())
    }

    /// The id of a chunk. Equal bytes have equal ids; a digest without key would tell everybody which known file this is.
    pub fn id(&self, chunk: &[u8]) -> String {
        todo!("the id of {} bytes, with {:?}", chunk.len(), self.name)
    }

    /// What is stored as the object `name`.
    pub fn seal(&self, name: &str, plain: &[u8]) -> Result<Vec<u8>, Failure> {
        todo!("seal {} bytes as {name} with {:?}", plain.len(), self.seal)
    }

    /// What was sealed as the object `name`; none if these bytes are anything else.
    pub fn open(&self, name: &str, object: &[u8]) -> Option<Vec<u8>> {
        todo!("open {} bytes, if they were sealed as {name} with {:?}", object.len(), self.seal)
    }
}

/// Fresh random bytes of the operating system.
pub fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
