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
use sqlx::migrate::Migrator;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::fs::File;

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
        Ok(Store { database, folder: contents.into() })
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
        todo!(
            "{} is to be {} in {}, with {} bytes and {}, if it may: {:?}",
            content.name,
            draft.key,
            draft.bucket,
            draft.size,
            draft.headers,
            conditions.allow_writing(Some(&draft.etag))
        )
    }

    pub async fn find(&self, bucket: &str, key: &str) -> Result<Object, Error> {
        todo!("look for {key} in {bucket}; {:?}", Code::NoSuchKey)
    }

    /// An object and its content.
    pub async fn read(&self, bucket: &str, key: &str) -> Result<(Object, File), Error> {
        todo!("open the file of {:?}", self.find(bucket, key).await?)
    }

    /// Deletes an object; it is no error when there is none.
    pub async fn delete(&self, bucket: &str, key: &str) -> Result<(), Error> {
        todo!("delete {key} from {bucket}, and its file")
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
