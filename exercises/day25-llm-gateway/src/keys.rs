//! Keys of clients: made here, shown once, and known by their hash from then on.

use crate::fault::Fault;
use data_encoding::HEXLOWER;
use plumbing_sqlite::Database;

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
        let key = new_key()?;
        let query = sqlx::query("INSERT INTO keys (id, name, hash, budget) VALUES (?, ?, ?, ?)");
        query.bind(&id).bind(name).bind(hash(&key)).bind(budget).execute(self.0.writer()).await?;
        Ok((id, key))
    }

    /// Whose key this is, unless it is unknown or revoked.
    pub async fn find(&self, key: &str) -> Result<Option<Key>, Fault> {
        let known = |id: String| Key { id };
        todo!("find {:?} in {:?}, as {:?}", hash(key), self.0, known("key_…".to_owned()))
    }

    /// From now on the key is of no use. False when there is none with this id.
    pub async fn revoke(&self, id: &str) -> Result<bool, Fault> {
        let query = sqlx::query("UPDATE keys SET revoked = 1 WHERE id = ?").bind(id);
        Ok(query.execute(self.0.writer()).await?.rows_affected() == 1)
    }
}

/// `sk-`, and at least 128 random bits behind it.
fn new_key() -> Result<String, Fault> {
    let bytes = random::<32>()?;
    todo!("{} random bytes, as text", bytes.len())
}

/// What is stored of a key.
fn hash(key: &str) -> Vec<u8> {
    todo!("a hash of the {} bytes of a key", key.len())
}

fn random<const N: usize>() -> Result<[u8; N], Fault> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Fault::internal)?;
    Ok(bytes)
}
