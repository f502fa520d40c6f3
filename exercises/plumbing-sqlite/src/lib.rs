//! One SQLite database in a program's data folder: opened safely, brought up to date, and used without locking itself.
//!
//! Day 5 explains what happens here; the later days with a SQLite database use it from then on.
//!
//! ```no_run
//! # use plumbing::{Failure, Problem};
//! use plumbing_sqlite::{Database, problem};
//!
//! # async fn example(folder: &std::path::Path) -> Result<(), Failure> {
//! let database = Database::open(folder, "shop.db", &sqlx::migrate!("tests/migrations")).await?;
//! # Ok(()) }
//!
//! async fn count(database: &Database) -> Result<i64, Problem> {
//!     sqlx::query_scalar("SELECT count(*) FROM items").fetch_one(database.reader()).await.map_err(problem)
//! }
//!
//! async fn rename(database: &Database, id: i64, name: &str) -> Result<bool, Problem> {
//!     let query = sqlx::query("UPDATE items SET name = ? WHERE id = ?").bind(name).bind(id);
//!     Ok(query.execute(database.writer()).await.map_err(problem)?.rows_affected() == 1)
//! }
//!
//! async fn swap(database: &Database, a: i64, b: i64) -> Result<(), Problem> {
//!     let mut transaction = database.begin().await.map_err(problem)?;
//!     let query = sqlx::query("UPDATE items SET place = CASE id WHEN ?1 THEN ?2 ELSE ?1 END WHERE id IN (?1, ?2)");
//!     query.bind(a).bind(b).execute(&mut *transaction).await.map_err(problem)?;
//!     transaction.commit().await.map_err(problem)
//! }
//! ```
//!
//! # Who may write when
//!
//! SQLite lets any number of connections read at the same time, and one write. A second writer is told `database is
//! locked` after some seconds of trying; and a transaction that has read and then wants to write is told so at once, when
//! somebody else has written in between. Neither happens to a program that has only **one connection to write with**:
//! whoever wants to write waits for it, in a fair queue and without polling. So there are two pools:
//!
//! | | for | connections |
//! | --- | --- | --- |
//! | [`Database::reader`] | `SELECT` outside a transaction; anything else is refused | a few |
//! | [`Database::writer`] | one statement that changes something | one |
//! | [`Database::begin`] | several statements that belong together | the same one |
//!
//! - While a transaction is open, nobody else writes. Do inside it what belongs to it, and nothing slow.
//! - Inside a transaction use `&mut *transaction` for everything: `writer()` would wait for the connection that the
//!   transaction holds, and `reader()` does not see what the transaction has changed.
//! - Change with `execute`, and use `fetch_all` where a statement returns rows (`RETURNING`). `fetch_one` and
//!   `fetch_optional` stop at the first row and do not tell when the commit after it fails.
//!
//! # What is safe when
//!
//! A change is on disk before it is acknowledged (`synchronous = FULL`), so neither `kill -9` nor a power cut loses it.
//! A database that cannot be read is never replaced by a new one: the program ends and says what to do.
//!
//! What SQLite cannot notice: a changed letter inside a text, and a log that ends early, as it does after every crash.
//! Backups are for that.

mod failure;

use axum::http::StatusCode;
use plumbing::{Failure, Problem};
use sqlx::{
    Sqlite, SqlitePool, Transaction,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{path::Path, time::Duration};

/// So many can read at the same time. More would only compete for the processor.
const READERS: u32 = 4;

/// How long a request waits for a connection, and a connection for a lock that another program holds.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long closing may take: the program has to end soon after SIGTERM.
const FAREWELL: Duration = Duration::from_millis(300);

/// An open database. Cloning is cheap, and the clones share the connections.
#[derive(Debug, Clone)]
pub struct Database {
    readers: SqlitePool,
    writer: SqlitePool,
}

impl Database {
    /// Opens the database `name` in `folder`, makes it where it is missing, checks that it is not damaged, and runs the
    /// migrations that it has not seen yet.
    ///
    /// The check reads the whole file: right for what a course stores, and something to think about at gigabytes.
    ///
    /// # Errors
    /// When the file cannot be opened, is damaged, or does not go with these migrations. The file stays as it is then;
    /// a migration that fails leaves nothing behind.
    pub async fn open(folder: &Path, name: &str, migrations: &Migrator) -> Result<Database, Failure> {
        let file = folder.join(name);
        failure::refuse_lost_content(&file)?;
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true)
            // Changes are appended to a log beside the file (write-ahead log), so reading goes on while somebody writes.
            .journal_mode(SqliteJournalMode::Wal)
            // A commit returns when the log is on disk, and not before.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE);
        // A connection to a file does not go stale: none is closed for its age, and none is tested before its use.
        let pool = || {
            SqlitePoolOptions::new()
                .acquire_timeout(PATIENCE)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
        };

        let writer = pool().max_connections(1).connect_with(options.clone()).await;
        let writer = writer.map_err(|error| failure::cannot_open(&file, &error))?;
        let damage: String = sqlx::query_scalar("PRAGMA quick_check(1)")
            .fetch_one(&writer)
            .await
            .map_err(|error| failure::cannot_open(&file, &error))?;
        if damage != "ok" {
            return Err(failure::damaged(&file, &damage));
        }
        migrations.run(&writer).await.map_err(|error| failure::cannot_migrate(&file, &error))?;

        let readers = pool().max_connections(READERS).connect_lazy_with(options.pragma("query_only", "ON"));
        Ok(Database { readers, writer })
    }

    /// For `SELECT` outside a transaction.
    pub fn reader(&self) -> &SqlitePool {
        &self.readers
    }

    /// For one statement that changes something: it is a transaction of its own.
    pub fn writer(&self) -> &SqlitePool {
        &self.writer
    }

    /// Begins a transaction that may read and write. Nobody else writes until it is committed, or rolled back, which
    /// dropping it does.
    ///
    /// # Errors
    /// When the connection does not become free in time.
    pub async fn begin(&self) -> sqlx::Result<Transaction<'static, Sqlite>> {
        // IMMEDIATE takes the lock for writing now. Without it SQLite would take it at the first change, which fails when
        // another program has written since this transaction's first look.
        self.writer.begin_with("BEGIN IMMEDIATE").await
    }

    /// Closes all connections, after which the log has been folded into the file. Without it nothing is lost, and the
    /// next start does the folding.
    pub async fn close(&self) {
        let closing = async {
            self.readers.close().await;
            self.writer.close().await;
        };
        // What still holds a connection after SIGTERM's grace is not waited for.
        let _ = tokio::time::timeout(FAREWELL, closing).await;
    }
}

/// The answer to a request that the database could not serve: 503 when it is too busy, so that the client tries again,
/// and 500 for everything else. What happened goes to the log.
///
/// A violated constraint is often no fault but an answer; where it is one, look at it first:
/// `error.as_database_error().is_some_and(DatabaseError::is_unique_violation)`.
pub fn problem(error: sqlx::Error) -> Problem {
    if failure::is_busy(&error) {
        eprintln!("warning: the database is too busy: {error}");
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the service is too busy; try again in a moment");
    }
    Problem::internal(error)
}
