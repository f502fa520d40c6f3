//! PostgreSQL: a server with a lock for whoever migrates. sqlx takes the same lock, so neither runs into the other.

use super::Database;
use crate::{
    history::Record,
    source::{Migration, Script},
};
use crc::{CRC_32_ISO_HDLC, Crc};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};

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
        todo!("get the advisory lock {} through {:?}", lock_id(&name), self.connection)
    }

    async fn create_table(&mut self) -> sqlx::Result<()> {
        todo!("make the table of the page through {:?}, if it is not there", self.connection)
    }

    async fn records(&mut self) -> sqlx::Result<Vec<Record>> {
        todo!("select all records from {:?}; none when there is no table", self.connection)
    }

    async fn apply(&mut self, migration: &Migration) -> sqlx::Result<bool> {
        let Script { sql, .. } = &migration.up;
        if migration.up.stands_alone() {
            todo!("run {sql} through {:?} without a transaction, then record it", self.connection)
        }
        todo!("run {sql} and record it with the checksum {:02x?}: both or neither", migration.up.checksum())
    }

    async fn revert(&mut self, migration: &Migration, script: &Script) -> sqlx::Result<bool> {
        todo!("run {script:?} through {:?} and forget {migration}: both or neither", self.connection)
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
