//! Secrets, and signatures as the Standard Webhooks specification wants them.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use plumbing::Problem;
use sha2::Sha256;
use std::fmt;

/// What an endpoint and we know, and nobody else. It has no `Display` and an empty `Debug`, so that it gets into no log
/// by mistake.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

impl Secret {
    /// 32 bytes by chance; the specification wants 24 to 64.
    pub fn random() -> Result<Secret, Problem> {
        let mut bytes = vec![0; 32];
        getrandom::fill(&mut bytes).map_err(Problem::internal)?;
        Ok(Secret(bytes))
    }

    pub fn from_bytes(bytes: Vec<u8>) -> Secret {
        Secret(bytes)
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// `whsec_` and Base64: for the one answer that tells it.
    pub fn reveal(&self) -> String {
        format!("whsec_{}", BASE64.encode(&self.0))
    }

    /// `v1,` and the Base64 of the HMAC of `{id}.{timestamp}.{body}`.
    fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0);
        let mac = mac.map(|mac| BASE64.encode(&mac.chain_update(body).finalize().into_bytes()));
        todo!("{mac:?} signs the body; sign {id} and {timestamp} as well")
    }
}

/// The value of `webhook-signature`: one signature for each secret, with spaces between.
pub fn sign(secrets: &[Secret], id: &str, timestamp: i64, body: &[u8]) -> String {
    secrets.first().map(|secret| secret.sign(id, timestamp, body)).unwrap_or_default()
}
