//! SQLite: one file, and one writer at a time.

use super::Database;
use crate::{
    history::Record,
    source::{Migration, Script},
};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

#[derive(Debug)]
pub struct Sqlite {
    connection: SqliteConnection,
}

impl Sqlite {
    /// # Errors
    /// When there is no such file and none may be made, or it is no database.
    pub async fn open(options: SqliteConnectOptions, may_create: bool) -> sqlx::Result<Sqlite> {
        let options = if may_create { options.create_if_missing(true) } else { options };
        let mut connection = SqliteConnection::connect_with(&options).await?;
        // SQLite looks into the file only when it is asked for something.
        sqlx::query("SELECT count(*) FROM sqlite_schema").execute(&mut connection).await?;
        Ok(Sqlite { connection })
    }
}

impl Database for Sqlite {
    /// SQLite has no lock of this kind. Who is first has to be found out in `apply` and `revert`.
    async fn lock(&mut self) -> sqlx::Result<()> {
        Ok(())
    }

    async fn create_table(&mut self) -> sqlx::Result<()> {
        todo!("make the table of the page through {:?}, if it is not there", self.connection)
    }

    async fn records(&mut self) -> sqlx::Result<Vec<Record>> {
        // The columns of a `query_as` have the names of the fields of `Record`.
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
        // The file needs no goodbye: what was committed is there, and all else is not.
        let _ = self.connection.close().await;
    }
}
