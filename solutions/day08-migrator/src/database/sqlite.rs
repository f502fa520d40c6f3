//! SQLite: one file, and one writer at a time.

use super::{Database, nanoseconds};
use crate::{
    history::Record,
    source::{Migration, Script},
};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection, SqliteTransaction, sqlite::SqliteConnectOptions};
use std::time::{Duration, Instant};

/// How long to wait while another program writes. It may be in the middle of a long migration.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub struct Sqlite {
    connection: SqliteConnection,
}

impl Sqlite {
    /// # Errors
    /// When there is no such file and none may be made, or it is no database.
    pub async fn open(options: SqliteConnectOptions, may_create: bool) -> sqlx::Result<Sqlite> {
        let options = options.busy_timeout(PATIENCE);
        let options = if may_create { options.create_if_missing(true) } else { options };
        let mut connection = SqliteConnection::connect_with(&options).await?;
        // SQLite looks into the file only when it is asked for something.
        sqlx::query("SELECT count(*) FROM sqlite_schema").execute(&mut connection).await?;
        Ok(Sqlite { connection })
    }

    /// Begins a transaction that holds the lock for writing from the start. What it reads is then still true when it
    /// writes; without IMMEDIATE another program could write in between.
    async fn begin(&mut self) -> sqlx::Result<SqliteTransaction<'_>> {
        self.connection.begin_with("BEGIN IMMEDIATE").await
    }
}

impl Database for Sqlite {
    /// SQLite has no lock of this kind: `apply` and `revert` look again once they hold the lock for writing.
    async fn lock(&mut self) -> sqlx::Result<()> {
        Ok(())
    }

    async fn create_table(&mut self) -> sqlx::Result<()> {
        let table = "CREATE TABLE IF NOT EXISTS _sqlx_migrations (
            version BIGINT PRIMARY KEY,
            description TEXT NOT NULL,
            installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
            success BOOLEAN NOT NULL,
            checksum BLOB NOT NULL,
            execution_time BIGINT NOT NULL
        )";
        sqlx::query(table).execute(&mut self.connection).await?;
        Ok(())
    }

    async fn records(&mut self) -> sqlx::Result<Vec<Record>> {
        let table = sqlx::query("SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations'");
        if table.fetch_optional(&mut self.connection).await?.is_none() {
            return Ok(Vec::new());
        }
        let rows = sqlx::query_as("SELECT version, description, success, checksum FROM _sqlx_migrations");
        rows.fetch_all(&mut self.connection).await
    }

    async fn apply(&mut self, migration: &Migration) -> sqlx::Result<bool> {
        let started = Instant::now();
        if migration.up.stands_alone() {
            if is_recorded(&mut self.connection, migration.version).await? {
                return Ok(false);
            }
            run(&mut self.connection, &migration.up).await?;
            record(&mut self.connection, migration, started.elapsed()).await?;
            return Ok(true);
        }
        // Dropping a transaction rolls it back.
        let mut transaction = self.begin().await?;
        if is_recorded(&mut transaction, migration.version).await? {
            return Ok(false);
        }
        run(&mut transaction, &migration.up).await?;
        record(&mut transaction, migration, started.elapsed()).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn revert(&mut self, migration: &Migration, script: &Script) -> sqlx::Result<bool> {
        if script.stands_alone() {
            if !is_recorded(&mut self.connection, migration.version).await? {
                return Ok(false);
            }
            run(&mut self.connection, script).await?;
            forget(&mut self.connection, migration.version).await?;
            return Ok(true);
        }
        let mut transaction = self.begin().await?;
        if !is_recorded(&mut transaction, migration.version).await? {
            return Ok(false);
        }
        run(&mut transaction, script).await?;
        forget(&mut transaction, migration.version).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn close(self) {
        // The file needs no goodbye: what was committed is there, and all else is not.
        let _ = self.connection.close().await;
    }
}

/// Runs the whole file. Only SQLite knows where a statement ends: there are semicolons in texts, comments and triggers.
async fn run(connection: &mut SqliteConnection, script: &Script) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(script.sql.as_str())).execute(connection).await?;
    Ok(())
}

async fn is_recorded(connection: &mut SqliteConnection, version: i64) -> sqlx::Result<bool> {
    let row = sqlx::query("SELECT 1 FROM _sqlx_migrations WHERE version = ?").bind(version);
    Ok(row.fetch_optional(connection).await?.is_some())
}

async fn record(connection: &mut SqliteConnection, migration: &Migration, took: Duration) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (?, ?, TRUE, ?, ?)",
    )
    .bind(migration.version)
    .bind(&migration.description)
    .bind(migration.up.checksum())
    .bind(nanoseconds(took))
    .execute(connection)
    .await?;
    Ok(())
}

async fn forget(connection: &mut SqliteConnection, version: i64) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM _sqlx_migrations WHERE version = ?").bind(version).execute(connection).await?;
    Ok(())
}
