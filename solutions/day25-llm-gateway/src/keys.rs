//! Keys of clients: made here, shown once, and known by their hash from then on.

use crate::fault::Fault;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use plumbing_sqlite::Database;
use sha2::{Digest, Sha256};

/// A key that is good.
#[derive(Debug, Clone)]
pub struct Key {
    /// Under which the ledger and the administrator know it.
    pub id: String,
}

#[derive(Debug)]
pub struct Keys(Database);

impl Keys {
    pub fn new(database: Database) -> Keys {
        Keys(database)
    }

    /// Makes a key. Returns its id, and the key itself: nobody will see it again.
    pub async fn make(&self, name: &str, budget: i64) -> Result<(String, String), Fault> {
        let id = format!("key_{}", HEXLOWER.encode(&random::<8>()?));
        let key = format!("sk-{}", BASE64URL_NOPAD.encode(&random::<32>()?));
        let query = sqlx::query("INSERT INTO keys (id, name, hash, budget) VALUES (?, ?, ?, ?)");
        query.bind(&id).bind(name).bind(hash(&key)).bind(budget).execute(self.0.writer()).await?;
        Ok((id, key))
    }

    /// Whose key this is, unless it is unknown or revoked.
    pub async fn find(&self, key: &str) -> Result<Option<Key>, Fault> {
        let query = sqlx::query_scalar("SELECT id FROM keys WHERE hash = ? AND NOT revoked");
        let id = query.bind(hash(key)).fetch_optional(self.0.reader()).await?;
        Ok(id.map(|id| Key { id }))
    }

    /// From now on the key is of no use. False when there is none with this id.
    pub async fn revoke(&self, id: &str) -> Result<bool, Fault> {
        let query = sqlx::query("UPDATE keys SET revoked = 1 WHERE id = ?").bind(id);
        Ok(query.execute(self.0.writer()).await?.rows_affected() == 1)
    }
}

/// A fast hash is right here: nobody guesses 256 random bits, however fast he tries. And one without salt, because a key
/// has to be found by it.
fn hash(key: &str) -> Vec<u8> {
    Sha256::digest(key).to_vec()
}

fn random<const N: usize>() -> Result<[u8; N], Fault> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Fault::internal)?;
    Ok(bytes)
}
