//! What is in the store.
//!
//! | object | content |
//! | --- | --- |
//! | `config` | how to get from the passphrase to the keys |
//! | `chunks/<id>` | a piece of a file or of a manifest, sealed |
//! | `snapshots/<id>` | when, how much, and the chunks of the manifest, sealed |
//!
//! A manifest is the list of everything in a folder. It is cut and stored like a file, so that only what has changed in it
//! is stored again. Chunks come first and the snapshot last: it is complete, or nobody sees it.

use crate::{
    crypto::{Cost, Keys, random},
    storage::Storage,
};
use data_encoding::HEXLOWER;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use plumbing::Failure;
use serde::{Deserialize, Serialize};
use std::{collections::HashSet, sync::Arc};
use tokio::task::JoinSet;

const CONFIG: &str = "config";
/// So many requests are under way at most. It also bounds the memory: each has one chunk.
pub const AT_ONCE: usize = 8;

/// What is known of a snapshot without its manifest.
#[derive(Debug, Serialize, Deserialize)]
pub struct Snapshot {
    #[serde(skip)]
    pub id: String,
    pub time: Timestamp,
    pub files: u64,
    pub bytes: u64,
    pub manifest: Vec<String>,
}

/// Something in the folder.
#[derive(Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Below the folder, in Base64: a path need not be text.
    pub path: String,
    pub mode: u32,
    /// Seconds since 1970, and nanoseconds.
    pub modified: (i64, u32),
    pub kind: Kind,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum Kind {
    Folder,
    /// What it points to, in Base64.
    Link(String),
    /// The ids of its chunks.
    File(Vec<String>),
}

pub struct Repository {
    storage: Arc<Storage>,
    pub keys: Keys,
}

impl Repository {
    pub async fn open(storage: Storage, passphrase: &str) -> Result<Repository, Failure> {
        let place = &storage.place;
        let config = storage.get(CONFIG).await?;
        let config = config.ok_or_else(|| Failure::new(format!("there are no backups in {place}; look at --to")))?;
        let keys = Keys::from_config(&config, passphrase).ok_or_else(|| {
            Failure::new(format!("BACKUP_PASSPHRASE is not the passphrase of {place}, or the config there is damaged"))
        })?;
        Ok(Repository { storage: Arc::new(storage), keys })
    }

    /// Opens the repository, or makes one where there is nothing at all.
    pub async fn open_or_create(storage: Storage, passphrase: &str, cost: &Cost) -> Result<Repository, Failure> {
        if storage.get(CONFIG).await?.is_none() {
            let others = storage.list("").await?;
            if !others.is_empty() && !others.iter().any(|name| name == CONFIG) {
                let place = &storage.place;
                return Err(Failure::new(format!(
                    "{place} has no config, but is not empty; bring it back or go elsewhere"
                )));
            }
            // Of two programs that begin at the same moment one writes the config, and both use what is there then.
            storage.create(CONFIG, Keys::new_config(passphrase, cost)?).await?;
        }
        Repository::open(storage, passphrase).await
    }

    /// All snapshots that can be read, oldest first, and what is wrong with the others.
    pub async fn snapshots(&self) -> Result<(Vec<Snapshot>, Vec<String>), Failure> {
        let (mut snapshots, mut damage) = (Vec::new(), Vec::new());
        for name in self.storage.list("snapshots").await? {
            match self.read(&name).await {
                Ok(plain) => {
                    let id = name.trim_start_matches("snapshots/").to_owned();
                    snapshots.push(Snapshot { id, ..serde_json::from_slice(&plain)? });
                }
                Err(failure) => damage.push(failure.to_string()),
            }
        }
        snapshots.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        Ok((snapshots, damage))
    }

    /// Everything in a snapshot. A folder comes before what is in it.
    pub async fn manifest(&self, snapshot: &Snapshot) -> Result<Vec<Entry>, Failure> {
        let mut lines = Vec::new();
        for id in &snapshot.manifest {
            lines.extend(self.chunk(id).await?);
        }
        let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        Ok(lines.map(serde_json::from_slice).collect::<Result<_, _>>()?)
    }

    /// The bytes of a chunk.
    pub async fn chunk(&self, id: &str) -> Result<Vec<u8>, Failure> {
        self.read(&format!("chunks/{id}")).await
    }

    async fn read(&self, name: &str) -> Result<Vec<u8>, Failure> {
        let object = self.storage.get(name).await?.ok_or_else(|| Failure::new(format!("{name} is missing")))?;
        self.keys.open(name, &object).ok_or_else(|| Failure::new(format!("{name} is not what was written")))
    }

    /// The ids of all chunks in the store, whoever needs them.
    pub async fn chunks(&self) -> Result<HashSet<String>, Failure> {
        let names = self.storage.list("chunks").await?;
        Ok(names.iter().filter_map(|name| name.strip_prefix("chunks/")).map(str::to_owned).collect())
    }

    pub async fn remove_snapshot(&self, id: &str) -> Result<(), Failure> {
        self.storage.delete(&format!("snapshots/{id}")).await
    }

    pub async fn remove_chunks(&self, ids: impl Iterator<Item = String>) -> Result<(), Failure> {
        let deletions = ids.map(|id| async move { self.storage.delete(&format!("chunks/{id}")).await });
        stream::iter(deletions).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Begins to store the chunks of a new snapshot.
    pub async fn upload(&self) -> Result<Upload<'_>, Failure> {
        Ok(Upload { repository: self, known: self.chunks().await?, tasks: JoinSet::new() })
    }
}

/// Chunks on their way into the store.
pub struct Upload<'a> {
    repository: &'a Repository,
    /// What is there, or on its way.
    known: HashSet<String>,
    tasks: JoinSet<Result<(), Failure>>,
}

impl Upload<'_> {
    /// Stores a chunk, unless it is there already, and returns its id.
    pub async fn chunk(&mut self, plain: &[u8]) -> Result<String, Failure> {
        let keys = &self.repository.keys;
        let id = keys.id(plain);
        if self.known.insert(id.clone()) {
            let name = format!("chunks/{id}");
            let object = keys.seal(&name, plain)?;
            self.wait_until_at_most(AT_ONCE - 1).await?;
            let storage = Arc::clone(&self.repository.storage);
            self.tasks.spawn(async move { storage.put(&name, object).await });
        }
        Ok(id)
    }

    /// Waits until all chunks are stored, and only then lets the snapshot be seen.
    pub async fn publish(mut self, mut snapshot: Snapshot) -> Result<Snapshot, Failure> {
        self.wait_until_at_most(0).await?;
        snapshot.id = HEXLOWER.encode(&random::<8>()?);
        let name = format!("snapshots/{}", snapshot.id);
        let object = self.repository.keys.seal(&name, &serde_json::to_vec(&snapshot)?)?;
        self.repository.storage.put(&name, object).await?;
        Ok(snapshot)
    }

    async fn wait_until_at_most(&mut self, under_way: usize) -> Result<(), Failure> {
        while self.tasks.len() > under_way
            && let Some(done) = self.tasks.join_next().await
        {
            done??;
        }
        Ok(())
    }
}
