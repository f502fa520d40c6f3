//! Objects and their last changes, each with a version. Everything that is ever written goes through [`Store::create`] or
//! [`Store::change`], so one transaction decides, counts and remembers.

use crate::{
    fault::Fault,
    resource::{Key, Resource},
    views::{Object, version},
};
use plumbing_sqlite::Database;
use sqlx::{Row, Sqlite, Transaction, sqlite::SqliteRow};
use std::sync::Arc;
use tokio::sync::watch;

/// So many changes are read at once.
const BATCH: i64 = 500;

/// Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Store {
    database: Database,
    /// How many changes are kept.
    history: i64,
    /// Differs between clusters.
    cluster: Arc<str>,
    /// Says that there is something new, not what. True when it is time to end.
    news: Arc<watch::Sender<bool>>,
}

/// What is to become of an object.
#[derive(Debug)]
pub enum Change {
    /// It becomes this one. When that is the same, nothing is written.
    Put(Object),
    /// It goes.
    Remove,
}

/// One change, as it is remembered.
#[derive(Debug, Clone)]
pub struct Changed {
    pub version: i64,
    /// None when it was made.
    pub before: Option<Object>,
    /// None when it is gone.
    pub after: Option<Object>,
}

/// Changes in their order.
#[derive(Debug)]
pub struct Batch {
    pub changes: Vec<Changed>,
    /// Everything up to here has been looked at.
    pub version: i64,
    /// There may be more by now.
    pub is_full: bool,
}

impl Store {
    pub async fn open(database: Database, history: i64) -> Result<Store, Fault> {
        let cluster: String = sqlx::query_scalar("SELECT id FROM cluster").fetch_one(database.reader()).await?;
        let news = Arc::new(watch::Sender::new(false));
        Ok(Store { database, history, cluster: cluster.into(), news })
    }

    /// The id of this cluster.
    pub fn cluster(&self) -> &str {
        &self.cluster
    }

    /// Is told of every change from now on. Mark it as seen before you look, and wait for the next after it.
    pub fn news(&self) -> watch::Receiver<bool> {
        self.news.subscribe()
    }

    /// Tells everybody who waits for news that there will be none.
    pub fn close(&self) {
        self.news.send_replace(true);
    }

    pub async fn get(&self, key: &Key) -> Result<Object, Fault> {
        let mut transaction = self.database.reader().begin().await?;
        read(&mut transaction, key).await?.ok_or_else(|| Fault::not_found(key))
    }

    /// All objects of a kind, of one namespace or of all, and the version at which this is so.
    pub async fn list(&self, resource: Resource, namespace: Option<&str>) -> Result<(i64, Vec<Object>), Fault> {
        // What is read in one transaction is from one moment.
        let mut transaction = self.database.reader().begin().await?;
        let version = latest(&mut transaction).await?;
        let bodies: Vec<String> = sqlx::query_scalar(
            "SELECT body FROM objects WHERE resource = ?1 AND (?2 IS NULL OR namespace = ?2) ORDER BY namespace, name",
        )
        .bind(resource.plural())
        .bind(namespace)
        .fetch_all(&mut *transaction)
        .await?;
        Ok((version, bodies.iter().map(|body| parse(body)).collect::<Result<_, _>>()?))
    }

    /// Stores a new object, and returns it with its version.
    pub async fn create(&self, key: &Key, object: Object) -> Result<Object, Fault> {
        let mut transaction = self.database.begin().await?;
        if read(&mut transaction, key).await?.is_some() {
            return Err(Fault::already_exists(key));
        }
        let stored = self.write(&mut transaction, key, None, Some(object)).await?;
        self.commit(transaction).await?;
        Ok(stored)
    }

    /// Lets `decide` look at an object and say what becomes of it, while nobody else writes. Returns the object as it is
    /// then, or was at last.
    pub async fn change(
        &self,
        key: &Key,
        decide: impl FnOnce(Object) -> Result<Change, Fault> + Send,
    ) -> Result<Object, Fault> {
        let mut transaction = self.database.begin().await?;
        let before = read(&mut transaction, key).await?.ok_or_else(|| Fault::not_found(key))?;
        match decide(before.clone())? {
            // What changes nothing writes nothing.
            Change::Put(after) if after == before => Ok(before),
            change => todo!("write what {change:?} says of {before:?}, commit, and return it with its version"),
        }
    }

    /// What has changed after `after`, in all namespaces, a batch at a time. A change that is not remembered any more is
    /// never left out in silence: then the answer is `Expired`.
    pub async fn changes(&self, resource: Resource, after: i64) -> Result<Batch, Fault> {
        let mut transaction = self.database.reader().begin().await?;
        let latest = latest(&mut transaction).await?;
        let oldest: Option<i64> =
            sqlx::query_scalar("SELECT min(version) FROM changes").fetch_one(&mut *transaction).await?;
        if is_expired(after, oldest, latest) {
            return Err(Fault::expired(after));
        }
        let rows = sqlx::query(
            "SELECT version, before, after FROM changes WHERE resource = ? AND version > ? ORDER BY version LIMIT ?",
        )
        .bind(resource.plural())
        .bind(after)
        .bind(BATCH)
        .fetch_all(&mut *transaction)
        .await?;
        let changes = rows.iter().map(changed).collect::<Result<Vec<_>, _>>()?;
        let is_full = i64::try_from(changes.len()).is_ok_and(|count| count == BATCH);
        let last = changes.last().map(|change| change.version);
        Ok(Batch { version: last.filter(|_| is_full).unwrap_or(latest), changes, is_full })
    }

    /// Writes one change with the next version, and forgets the oldest.
    async fn write(
        &self,
        transaction: &mut Transaction<'_, Sqlite>,
        key: &Key,
        before: Option<Object>,
        after: Option<Object>,
    ) -> Result<Object, Fault> {
        sqlx::query("UPDATE cluster SET version = version + 1").execute(&mut **transaction).await?;
        let version = latest(transaction).await?;
        todo!(
            "give the newest of {before:?} and {after:?} the version {version}, store it as {key} or remove it, remember both, \
             and forget all changes but the last {}",
            self.history
        )
    }

    /// Commits, and only then tells of it.
    async fn commit(&self, transaction: Transaction<'_, Sqlite>) -> Result<(), Fault> {
        transaction.commit().await?;
        self.news.send_modify(|_| {});
        Ok(())
    }
}

/// Whether a change after `after` is missing, when these are the oldest and the latest that are remembered.
fn is_expired(after: i64, oldest: Option<i64>, latest: i64) -> bool {
    todo!("whether a change after {after} is missing between {oldest:?} and {latest}")
}

/// The version of the last change.
async fn latest(transaction: &mut Transaction<'_, Sqlite>) -> Result<i64, Fault> {
    Ok(sqlx::query_scalar("SELECT version FROM cluster").fetch_one(&mut **transaction).await?)
}

async fn read(transaction: &mut Transaction<'_, Sqlite>, key: &Key) -> Result<Option<Object>, Fault> {
    let body: Option<String> =
        sqlx::query_scalar("SELECT body FROM objects WHERE resource = ? AND namespace = ? AND name = ?")
            .bind(key.resource.plural())
            .bind(&key.namespace)
            .bind(&key.name)
            .fetch_optional(&mut **transaction)
            .await?;
    body.map(|body| parse(&body)).transpose()
}

fn parse(body: &str) -> Result<Object, Fault> {
    serde_json::from_str(body).map_err(Fault::internal)
}

fn changed(row: &SqliteRow) -> Result<Changed, Fault> {
    let body = |column: &str| -> Result<Option<Object>, Fault> {
        row.try_get::<Option<String>, _>(column)?.map(|body| parse(&body)).transpose()
    };
    Ok(Changed { version: row.try_get("version")?, before: body("before")?, after: body("after")? })
}

/// Whether a client that knows this version knows the object as it is. Without a version it does not care.
pub fn is_current(known: Option<&str>, object: &Object) -> bool {
    known.is_none_or(|known| known.is_empty() || version(object) == Some(known))
}
