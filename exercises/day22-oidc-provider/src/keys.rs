//! The keys that sign ID tokens (ES256: ECDSA with P-256 and SHA-256, RFC 7518, section 3.4).
//!
//! A key signs for `key_ms`. Whoever needs a key after that makes the next one; nothing has to run in the background. The old
//! one is published until the last token that it may have signed has expired.

use crate::{grants::now_ms, params::Refusal};
use data_encoding::BASE64URL_NOPAD;
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use plumbing::Problem;
use plumbing_sqlite::Database;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;

#[derive(Debug)]
pub struct Keys {
    database: Database,
    key_ms: i64,
    /// How long an ID token is valid.
    pub token_ms: i64,
}

#[derive(sqlx::FromRow)]
struct Key {
    kid: String,
    secret: Vec<u8>,
    x: String,
    y: String,
    made_ms: i64,
}

impl Keys {
    pub fn new(database: Database, key_ms: i64, token_ms: i64) -> Keys {
        Keys { database, key_ms, token_ms }
    }

    /// A signed JWT with these claims (RFC 7519), in the compact form of RFC 7515.
    pub async fn sign(&self, claims: &Value) -> Result<String, Refusal> {
        let key = self.current(now_ms()).await?;
        let header = json!({"alg": "ES256", "typ": "JWT", "kid": key.kid});
        let encode = |part: &Value| BASE64URL_NOPAD.encode(part.to_string().as_bytes());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let signing = SigningKey::from_slice(&key.secret).map_err(internal)?;
        let signature: Signature = signing.sign(signed.as_bytes());
        todo!("put {signed} and {signature:?} together")
    }

    /// The public keys (RFC 7517), the newest first.
    pub async fn published(&self) -> Result<Value, Refusal> {
        // One look at the clock: else the key of now could be over when the list is made.
        let now = now_ms();
        self.current(now).await?;
        let keys: Vec<_> = self.needed(now).await?.iter().map(Key::published).collect();
        Ok(json!({"keys": keys}))
    }

    /// The keys that may have signed a token that is still valid.
    async fn needed(&self, now: i64) -> Result<Vec<Key>, Refusal> {
        todo!("all keys by which a token valid at {now} may have been signed: {} and {}", self.key_ms, self.token_ms)
    }

    /// The key that signs now.
    async fn current(&self, now: i64) -> Result<Key, Refusal> {
        let mut reader = self.database.reader().acquire().await?;
        if let Some(key) = self.newest(&mut reader, now).await? {
            return Ok(key);
        }
        let key = Key::generate()?;
        todo!("store {} of {}; and if somebody else does the same in this moment?", key.kid, key.made_ms)
    }

    /// The newest key, if it may still sign.
    async fn newest(&self, connection: &mut SqliteConnection, now: i64) -> Result<Option<Key>, Refusal> {
        let query = sqlx::query_as("SELECT * FROM keys WHERE made_ms > ? ORDER BY made_ms DESC LIMIT 1");
        Ok(query.bind(now - self.key_ms).fetch_optional(connection).await?)
    }
}

impl Key {
    fn generate() -> Result<Key, Refusal> {
        let mut secret = vec![0; 32];
        getrandom::fill(&mut secret).map_err(internal)?;
        // Fails for one number in 2^32, those beyond the order of the curve, and then the next request tries again.
        let point = SigningKey::from_slice(&secret).map_err(internal)?.verifying_key().to_sec1_point(false);
        // 4, and two coordinates of 32 bytes.
        let (x, y) = point.as_bytes()[1..].split_at(32);
        let (x, y) = (BASE64URL_NOPAD.encode(x), BASE64URL_NOPAD.encode(y));
        // The thumbprint of RFC 7638 is a name that no other key has.
        let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        Ok(Key { kid: BASE64URL_NOPAD.encode(&Sha256::digest(members)), secret, x, y, made_ms: now_ms() })
    }

    fn published(&self) -> Value {
        todo!("what others may know of {}: {} and {}", self.kid, self.x, self.y)
    }
}

fn internal(error: impl std::fmt::Display) -> Refusal {
    Refusal::Database(Problem::internal(error))
}
