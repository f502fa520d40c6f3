//! PostgreSQL: a server with a lock for whoever migrates. sqlx takes the same lock, so neither runs into the other.

use super::{Database, nanoseconds};
use crate::{
    history::Record,
    source::{Migration, Script},
};
use crc::{CRC_32_ISO_HDLC, Crc};
use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgConnectOptions};
use std::time::{Duration, Instant};

/// The pause between two attempts to get the lock.
const PAUSE: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub struct Postgres {
    connection: PgConnection,
}

impl Postgres {
    /// # Errors
    /// When the server cannot be reached, or does not let us in.
    pub async fn open(options: PgConnectOptions) -> sqlx::Result<Postgres> {
        Ok(Postgres { connection: PgConnection::connect_with(&options).await? })
    }
}

impl Database for Postgres {
    /// The lock belongs to the session: it ends with the connection, also when the program is killed.
    async fn lock(&mut self) -> sqlx::Result<()> {
        let name: String = sqlx::query_scalar("SELECT current_database()").fetch_one(&mut self.connection).await?;
        // Asks again and again instead of waiting inside the server: `CREATE INDEX CONCURRENTLY` waits for every statement
        // that is under way, so one that waited for this lock would hold up the migration that holds it.
        loop {
            let lock = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(lock_id(&name));
            if lock.fetch_one(&mut self.connection).await? {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn create_table(&mut self) -> sqlx::Result<()> {
        let table = "CREATE TABLE IF NOT EXISTS _sqlx_migrations (
            version BIGINT PRIMARY KEY,
            description TEXT NOT NULL,
            installed_on TIMESTAMPTZ NOT NULL DEFAULT now(),
            success BOOLEAN NOT NULL,
            checksum BYTEA NOT NULL,
            execution_time BIGINT NOT NULL
        )";
        sqlx::query(table).execute(&mut self.connection).await?;
        Ok(())
    }

    async fn records(&mut self) -> sqlx::Result<Vec<Record>> {
        let table = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL");
        if !table.fetch_one(&mut self.connection).await? {
            return Ok(Vec::new());
        }
        let rows = sqlx::query_as("SELECT version, description, success, checksum FROM _sqlx_migrations");
        rows.fetch_all(&mut self.connection).await
    }

    /// Always true: the lock has kept everybody else out since the records were read.
    async fn apply(&mut self, migration: &Migration) -> sqlx::Result<bool> {
        let started = Instant::now();
        if migration.up.stands_alone() {
            run(&mut self.connection, &migration.up).await?;
            record(&mut self.connection, migration, started.elapsed()).await?;
        } else {
            let mut transaction = self.connection.begin().await?;
            run(&mut transaction, &migration.up).await?;
            record(&mut transaction, migration, started.elapsed()).await?;
            transaction.commit().await?;
        }
        Ok(true)
    }

    async fn revert(&mut self, migration: &Migration, script: &Script) -> sqlx::Result<bool> {
        if script.stands_alone() {
            run(&mut self.connection, script).await?;
            forget(&mut self.connection, migration.version).await?;
        } else {
            let mut transaction = self.connection.begin().await?;
            run(&mut transaction, script).await?;
            forget(&mut transaction, migration.version).await?;
            transaction.commit().await?;
        }
        Ok(true)
    }

    async fn close(self) {
        // A server that has gone needs no goodbye.
        let _ = self.connection.close().await;
    }
}

/// The number of the lock, as sqlx (and before it, Rails) makes it from the name of the database.
fn lock_id(database: &str) -> i64 {
    const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);
    0x3d32_ad9e * i64::from(CRC.checksum(database.as_bytes()))
}

/// Runs the whole file: the server takes it apart.
async fn run(connection: &mut PgConnection, script: &Script) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(script.sql.as_str())).execute(connection).await?;
    Ok(())
}

async fn record(connection: &mut PgConnection, migration: &Migration, took: Duration) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES ($1, $2, TRUE, $3, $4)",
    )
    .bind(migration.version)
    .bind(&migration.description)
    .bind(migration.up.checksum())
    .bind(nanoseconds(took))
    .execute(connection)
    .await?;
    Ok(())
}

async fn forget(connection: &mut PgConnection, version: i64) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM _sqlx_migrations WHERE version = $1").bind(version).execute(connection).await?;
    Ok(())
}
