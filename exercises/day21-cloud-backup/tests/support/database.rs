//! A SQLite database in use: a table whose rows all have the same version, which each transaction raises by one.

use harness::expect;
use sqlx::{
    Connection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub struct Database {
    connection: SqliteConnection,
    path: PathBuf,
    rows: i64,
}

impl Database {
    /// A database with a write-ahead log that nothing moves into the file by itself. Version 1.
    pub async fn create(path: &Path, rows: i64, row_bytes: i64) -> Database {
        Database::create_with(path, rows, row_bytes, SqliteJournalMode::Wal).await
    }

    pub async fn create_with(path: &Path, rows: i64, row_bytes: i64, journal: SqliteJournalMode) -> Database {
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true).journal_mode(journal);
        let mut connection =
            SqliteConnection::connect_with(&options.pragma("wal_autocheckpoint", "0")).await.expect("a database opens");
        let make = "CREATE TABLE items (id INTEGER PRIMARY KEY, version INTEGER NOT NULL, text BLOB NOT NULL);
                    CREATE INDEX by_version ON items (version);";
        sqlx::raw_sql(make).execute(&mut connection).await.expect("a table can be made");
        let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
                    INSERT INTO items SELECT i, 1, randomblob(?2) FROM n";
        sqlx::query(fill).bind(rows).bind(row_bytes).execute(&mut connection).await.expect("rows can be inserted");
        Database { connection, path: path.to_owned(), rows }
    }

    /// A database that was restored.
    pub async fn open(path: &Path) -> Database {
        let options = SqliteConnectOptions::new().filename(path);
        match SqliteConnection::connect_with(&options).await {
            Ok(connection) => Database { connection, path: path.to_owned(), rows: 0 },
            Err(error) => expect("the restored database can be opened").fail(error),
        }
    }

    /// A transaction that changes all rows, and returns their version.
    pub async fn bump(&mut self) -> i64 {
        let change = "UPDATE items SET version = version + 1, text = randomblob(length(text))";
        sqlx::query(change).execute(&mut self.connection).await.expect("the program that has it open can write");
        sqlx::query_scalar("SELECT max(version) FROM items").fetch_one(&mut self.connection).await.expect("and read")
    }

    /// Moves the log into the file and empties it.
    pub async fn checkpoint(&mut self) {
        let all = "PRAGMA wal_checkpoint(TRUNCATE)";
        sqlx::query(all).execute(&mut self.connection).await.expect("the log can be moved into the file");
    }

    /// No page is damaged, all rows are there, and all are of one transaction, which is not older than `version`.
    pub async fn expect_whole(&mut self, requirement: &str, version: i64) -> i64 {
        let file = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let wanted = || expect(requirement.to_owned()).request(format!("sqlite3 {file}, restored"));
        let check = sqlx::query_scalar::<_, String>("PRAGMA integrity_check(1)").fetch_one(&mut self.connection).await;
        wanted()
            .expected("PRAGMA integrity_check says ok")
            .that(check.as_deref().is_ok_and(|it| it == "ok"), format!("{check:?}"));
        let versions = sqlx::query_as::<_, (i64, i64)>("SELECT version, count(*) FROM items GROUP BY version");
        match versions.fetch_all(&mut self.connection).await {
            Ok(versions) => {
                let one = versions.len() == 1 && versions[0].0 >= version;
                let shown = format!("rows by version: {versions:?}");
                wanted().expected(format!("all rows of one version, at least {version}")).that(one, shown);
                self.rows = versions[0].1;
                self.rows
            }
            Err(error) => wanted().fail(error),
        }
    }
}
