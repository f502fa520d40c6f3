//! What days rely on, tried on real files.

use plumbing_sqlite::{Database, problem};
use sqlx::{
    Row, SqlSafeStr,
    error::DatabaseError,
    migrate::{Migration, MigrationType, Migrator},
};
use std::{fs, path::Path};

static MIGRATIONS: Migrator = sqlx::migrate!("tests/migrations");

async fn open(folder: &Path) -> Database {
    Database::open(folder, "test.db", &MIGRATIONS).await.expect("the database opens")
}

async fn failure_of(folder: &Path, migrations: &Migrator) -> String {
    Database::open(folder, "test.db", migrations).await.expect_err("the database is refused").to_string()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

async fn add(database: &Database, name: &str) -> sqlx::Result<u64> {
    let query = sqlx::query("INSERT INTO items (name) VALUES (?) ON CONFLICT DO NOTHING").bind(name);
    Ok(query.execute(database.writer()).await?.rows_affected())
}

async fn count(database: &Database) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM items").fetch_one(database.reader()).await.expect("items can be counted")
}

#[tokio::test]
async fn what_was_written_is_there_after_reopening() {
    let folder = folder();
    let database = open(folder.path()).await;
    add(&database, "lamp").await.expect("an item is added");
    database.close().await;
    assert!(!folder.path().join("test.db-wal").exists(), "closing folds the log into the file");
    assert_eq!(count(&open(folder.path()).await).await, 1);
}

#[tokio::test]
async fn every_connection_is_set_up() {
    let folder = folder();
    let database = open(folder.path()).await;
    for pool in [database.reader(), database.writer()] {
        for (pragma, expected) in
            [("PRAGMA synchronous", "2"), ("PRAGMA journal_mode", "wal"), ("PRAGMA foreign_keys", "1")]
        {
            let row = sqlx::query(pragma).fetch_one(pool).await.expect("a pragma can be read");
            let value = row.try_get::<String, _>(0).unwrap_or_else(|_| row.get::<i64, _>(0).to_string());
            assert_eq!(value, expected, "{pragma}");
        }
    }
    let orphan = sqlx::query("INSERT INTO items (name, box) VALUES ('x', 999)").execute(database.writer()).await;
    assert!(orphan.is_err_and(|error| error.as_database_error().is_some_and(DatabaseError::is_foreign_key_violation)));
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let folder = folder();
    let database = open(folder.path()).await;
    let written = sqlx::query("INSERT INTO items (name) VALUES ('x')").execute(database.reader()).await;
    assert!(written.is_err_and(|error| error.to_string().contains("readonly")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn read_then_write_loses_nothing_however_many_at_once() {
    let folder = folder();
    let database = open(folder.path()).await;
    add(&database, "counter").await.expect("an item is added");
    let tasks: Vec<_> = (0..200)
        .map(|_| {
            let database = database.clone();
            tokio::spawn(async move {
                let mut transaction = database.begin().await?;
                let place: i64 = sqlx::query_scalar("SELECT place FROM items").fetch_one(&mut *transaction).await?;
                let update = sqlx::query("UPDATE items SET place = ?").bind(place + 1);
                update.execute(&mut *transaction).await?;
                transaction.commit().await
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no task panics").expect("no transaction fails");
    }
    let place: i64 =
        sqlx::query_scalar("SELECT place FROM items").fetch_one(database.reader()).await.expect("a number");
    assert_eq!(place, 200);
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing() {
    let folder = folder();
    let database = open(folder.path()).await;
    let mut transaction = database.begin().await.expect("a transaction begins");
    sqlx::query("INSERT INTO items (name) VALUES ('x')").execute(&mut *transaction).await.expect("an item is added");
    drop(transaction);
    assert_eq!(add(&database, "x").await.expect("the writer is free again"), 1);
    assert_eq!(count(&database).await, 1);
}

#[tokio::test]
async fn a_damaged_file_is_reported_and_left_alone() {
    for damage in [Damage::Overwritten, Damage::CutInHalf, Damage::PagesLost, Damage::EmptiedBesideItsLog] {
        let folder = folder();
        let file = folder.path().join("test.db");
        let database = open(folder.path()).await;
        let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
                    INSERT INTO items (name) SELECT 'item ' || i FROM n";
        sqlx::query(many).execute(database.writer()).await.expect("items are added");
        if matches!(damage, Damage::EmptiedBesideItsLog) {
            // A copy of the files while they are in use, which is what a kill leaves.
            let log = fs::read(folder.path().join("test.db-wal")).expect("there is a log");
            database.close().await;
            fs::write(folder.path().join("test.db-wal"), log).expect("the log is back");
        }
        database.close().await;
        let good = fs::read(&file).expect("there is a file");
        let bad = match damage {
            Damage::Overwritten => vec![b'x'; good.len()],
            Damage::CutInHalf => good[..good.len() / 2].to_vec(),
            Damage::PagesLost => good[..4096].iter().copied().chain(vec![0xff; good.len() - 4096]).collect(),
            Damage::EmptiedBesideItsLog => Vec::new(),
        };
        fs::write(&file, &bad).expect("the file can be damaged");
        let message = failure_of(folder.path(), &MIGRATIONS).await;
        assert!(message.contains("test.db is damaged") && message.contains("backup"), "{damage:?}: {message}");
        assert!(!message.contains('\n'), "{message}");
        assert_eq!(fs::read(&file).expect("the file is still there"), bad, "{damage:?}");
    }
}

#[derive(Debug)]
enum Damage {
    Overwritten,
    CutInHalf,
    PagesLost,
    EmptiedBesideItsLog,
}

#[tokio::test]
async fn an_empty_file_without_a_log_is_a_new_database() {
    let folder = folder();
    fs::write(folder.path().join("test.db"), "").expect("a file can be made");
    assert_eq!(count(&open(folder.path()).await).await, 0);
}

#[tokio::test]
async fn a_changed_migration_is_reported() {
    let folder = folder();
    open(folder.path()).await.close().await;
    let message = failure_of(folder.path(), &migrator("CREATE TABLE others (id INTEGER)")).await;
    assert!(message.contains("migration 1") && message.contains("new migration"), "{message}");
}

#[tokio::test]
async fn a_newer_database_is_reported() {
    let folder = folder();
    open(folder.path()).await.close().await;
    let message = failure_of(folder.path(), &Migrator::with_migrations(Vec::new())).await;
    assert!(message.contains("newer program"), "{message}");
}

#[tokio::test]
async fn a_failing_migration_leaves_nothing() {
    let folder = folder();
    let broken = migrator("CREATE TABLE items (id INTEGER); INSERT INTO nowhere VALUES (1)");
    let message = failure_of(folder.path(), &broken).await;
    assert!(message.contains("nowhere") && !message.contains('\n'), "{message}");
    assert_eq!(count(&open(folder.path()).await).await, 0);
}

#[tokio::test]
async fn a_folder_where_no_file_can_be_is_reported() {
    let folder = folder();
    let message = failure_of(&folder.path().join("missing"), &MIGRATIONS).await;
    assert!(message.contains("cannot open") && message.contains("test.db"), "{message}");
}

#[tokio::test]
async fn problems_hide_what_happened() {
    let answer = problem(sqlx::Error::PoolTimedOut);
    assert_eq!(answer.status().as_u16(), 503);
    let folder = folder();
    let database = open(folder.path()).await;
    let error =
        sqlx::query("SELECT secret FROM nowhere").fetch_all(database.reader()).await.expect_err("no such table");
    let answer = problem(error);
    assert_eq!(answer.status().as_u16(), 500);
    assert!(!format!("{answer:?}").contains("nowhere"));
}

/// A migration 1 with other SQL than the file has.
fn migrator(sql: &'static str) -> Migrator {
    let migration = Migration::new(1, "items".into(), MigrationType::Simple, sql.into_sql_str(), false);
    Migrator::with_migrations(vec![migration])
}
