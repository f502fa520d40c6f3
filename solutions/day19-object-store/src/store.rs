//! Buckets and objects. An index in SQLite says what there is, and a folder has the contents, each in a file with a random
//! name: a key is text in a table and never a path.
//!
//! A content is written to a new file first. Then one transaction makes the index point there, and from that moment on all
//! readers see the new object. Who has opened the old file goes on reading it, even after it is removed.

use crate::{
    conditions::Conditions,
    error::{Code, Error},
};
use jiff::Timestamp;
use plumbing::Failure;
use plumbing_sqlite::Database;
use sqlx::{SqliteConnection, migrate::Migrator};
use std::{
    collections::HashSet,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::fs::{self, File};

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Store {
    pub database: Database,
    folder: Arc<Path>,
}

#[derive(Debug, sqlx::FromRow)]
pub struct Bucket {
    pub name: String,
    pub created: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Object {
    pub file: String,
    pub size: i64,
    /// Without quotes.
    pub etag: String,
    /// In milliseconds since 1970.
    pub modified: i64,
    /// `name: value` lines that come back with the object.
    pub headers: String,
}

/// What is known of an object before it is stored.
#[derive(Debug)]
pub struct Draft {
    pub bucket: String,
    pub key: String,
    pub headers: String,
    pub size: u64,
    pub etag: String,
}

impl Store {
    pub async fn open(folder: &Path) -> Result<Store, Failure> {
        let database = Database::open(folder, "index.db", &MIGRATIONS).await?;
        let contents = folder.join("contents");
        std::fs::create_dir_all(&contents)?;
        let store = Store { database, folder: contents.into() };
        store.sweep().await?;
        Ok(store)
    }

    /// Removes the files that nothing points to: of uploads that a kill cut off, and of objects replaced just before it.
    async fn sweep(&self) -> Result<(), Failure> {
        let query = sqlx::query_scalar("SELECT file FROM objects UNION ALL SELECT file FROM parts");
        let known: HashSet<String> = query.fetch_all(self.database.reader()).await?.into_iter().collect();
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            if !entry.file_name().to_str().is_some_and(|name| known.contains(name)) {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    pub async fn buckets(&self) -> Result<Vec<Bucket>, Error> {
        let query = sqlx::query_as("SELECT name, created FROM buckets ORDER BY name");
        Ok(query.fetch_all(self.database.reader()).await?)
    }

    /// The bucket has to be there.
    pub async fn expect_bucket(&self, name: &str) -> Result<(), Error> {
        let query = sqlx::query("SELECT 1 FROM buckets WHERE name = ?").bind(name);
        match query.fetch_optional(self.database.reader()).await? {
            Some(_) => Ok(()),
            None => Err(Error::new(Code::NoSuchBucket, "there is no such bucket")),
        }
    }

    pub async fn create_bucket(&self, name: &str) -> Result<(), Error> {
        let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
        if !(3..=63).contains(&name.len()) || !name.bytes().all(good) || name.starts_with(['-', '.']) {
            return Err(Error::new(Code::InvalidBucketName, "3 to 63 of a-z, 0-9, - and ., beginning with a-z or 0-9"));
        }
        let query = sqlx::query("INSERT INTO buckets (name, created) VALUES (?, ?) ON CONFLICT DO NOTHING");
        let query = query.bind(name).bind(Timestamp::now().as_millisecond());
        match query.execute(self.database.writer()).await?.rows_affected() {
            1 => Ok(()),
            _ => Err(Error::new(Code::BucketAlreadyOwnedByYou, "the bucket is there already")),
        }
    }

    pub async fn delete_bucket(&self, name: &str) -> Result<(), Error> {
        let query = sqlx::query("DELETE FROM buckets WHERE name = ?").bind(name);
        match query.execute(self.database.writer()).await {
            Ok(done) if done.rows_affected() == 1 => Ok(()),
            Ok(_) => Err(Error::new(Code::NoSuchBucket, "there is no such bucket")),
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                Err(Error::new(Code::BucketNotEmpty, "the bucket has objects"))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A new file for a content.
    pub async fn create_file(&self) -> Result<Incoming, Error> {
        let name = random_name()?;
        let path = self.folder.join(&name);
        Ok(Incoming { file: File::create_new(&path).await?, name, path, ours: true })
    }

    /// Stores an object, or replaces the one that is there.
    pub async fn put(&self, draft: &Draft, content: Incoming, conditions: &Conditions) -> Result<(), Error> {
        let name = self.on_disk(content).await?;
        let mut transaction = self.database.begin().await?;
        let old = replace(&mut transaction, draft, &name, conditions).await?;
        transaction.commit().await?;
        self.remove_files(old).await
    }

    /// Makes sure that a content survives a power cut. From here on the index may point to it, so the file stays.
    pub async fn on_disk(&self, mut content: Incoming) -> Result<String, Error> {
        content.file.sync_all().await?;
        File::open(&self.folder).await?.sync_all().await?;
        content.ours = false;
        Ok(content.name.clone())
    }

    pub async fn find(&self, bucket: &str, key: &str) -> Result<Object, Error> {
        let query =
            sqlx::query_as("SELECT * FROM objects WHERE bucket = ? AND key = ?").bind(bucket).bind(key.as_bytes());
        match query.fetch_optional(self.database.reader()).await? {
            Some(object) => Ok(object),
            None => {
                self.expect_bucket(bucket).await?;
                Err(Error::new(Code::NoSuchKey, "there is no such object"))
            }
        }
    }

    /// An object and its content.
    pub async fn read(&self, bucket: &str, key: &str) -> Result<(Object, File), Error> {
        let mut object = self.find(bucket, key).await?;
        loop {
            match self.open_file(&object.file).await {
                Ok(file) => return Ok((object, file)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    // It was replaced between the look into the index and this one.
                    let now = self.find(bucket, key).await?;
                    if now == object {
                        return Err(Error::internal(format!("the content {} is missing", object.file)));
                    }
                    object = now;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    pub async fn open_file(&self, name: &str) -> io::Result<File> {
        File::open(self.folder.join(name)).await
    }

    /// Deletes an object; it is no error when there is none.
    pub async fn delete(&self, bucket: &str, key: &str) -> Result<(), Error> {
        self.expect_bucket(bucket).await?;
        let query = sqlx::query_scalar("DELETE FROM objects WHERE bucket = ? AND key = ? RETURNING file");
        let files = query.bind(bucket).bind(key.as_bytes()).fetch_all(self.database.writer()).await?;
        self.remove_files(files).await
    }

    /// Removes contents that nothing points to any more.
    pub async fn remove_files(&self, names: impl IntoIterator<Item = String>) -> Result<(), Error> {
        for name in names {
            fs::remove_file(self.folder.join(name)).await?;
        }
        Ok(())
    }
}

/// Makes the index point to a new content; returns the name of the old one.
pub async fn replace(
    connection: &mut SqliteConnection,
    draft: &Draft,
    file: &str,
    conditions: &Conditions,
) -> Result<Option<String>, Error> {
    let query = sqlx::query_as("SELECT * FROM objects WHERE bucket = ? AND key = ?");
    let query = query.bind(&draft.bucket).bind(draft.key.as_bytes());
    let current: Option<Object> = query.fetch_optional(&mut *connection).await?;
    conditions.allow_writing(current.as_ref().map(|object| object.etag.as_str()))?;
    let query = sqlx::query(
        "INSERT OR REPLACE INTO objects (bucket, key, file, size, etag, modified, headers) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    let query = query.bind(&draft.bucket).bind(draft.key.as_bytes()).bind(file);
    let query = query.bind(i64::try_from(draft.size).unwrap_or(i64::MAX)).bind(&draft.etag);
    let query = query.bind(Timestamp::now().as_millisecond()).bind(&draft.headers);
    match query.execute(&mut *connection).await {
        Ok(_) => Ok(current.map(|object| object.file)),
        Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
            Err(Error::new(Code::NoSuchBucket, "the bucket was deleted"))
        }
        Err(error) => Err(error.into()),
    }
}

/// A name that nobody can guess.
pub fn random_name() -> Result<String, Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(data_encoding::HEXLOWER.encode(&bytes))
}

/// A content that is being written. Dropping it, as happens when the client goes away, removes the file.
#[derive(Debug)]
pub struct Incoming {
    pub file: File,
    name: String,
    path: PathBuf,
    ours: bool,
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if self.ours {
            // What cannot be removed now is removed at the next start.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
