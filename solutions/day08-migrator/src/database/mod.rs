//! What a migrator asks of a database. The table is that of sqlx: `_sqlx_migrations`, one row for each migration that is
//! applied.

mod postgres;
mod sqlite;

use crate::{
    history::Record,
    source::{Migration, Script},
};
pub use postgres::Postgres;
pub use sqlite::Sqlite;
use std::time::Duration;

/// A connection to a database.
pub trait Database {
    /// Keeps other migrators out until this connection ends, where the database has a lock for that.
    async fn lock(&mut self) -> sqlx::Result<()>;

    /// Makes the table if it is not there.
    async fn create_table(&mut self) -> sqlx::Result<()>;

    /// The rows of the table; none when there is no table.
    async fn records(&mut self) -> sqlx::Result<Vec<Record>>;

    /// Runs the migration and records it, both or neither. False when another program has applied it meanwhile.
    async fn apply(&mut self, migration: &Migration) -> sqlx::Result<bool>;

    /// Runs the way back and takes the record away, both or neither. False when another program has done so meanwhile.
    async fn revert(&mut self, migration: &Migration, script: &Script) -> sqlx::Result<bool>;

    /// Says goodbye to the server.
    async fn close(self);
}

/// A time as the column `execution_time` has it. After 292 years it stands still.
fn nanoseconds(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}
