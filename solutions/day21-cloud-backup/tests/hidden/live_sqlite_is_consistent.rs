use crate::visible::support::{
    Vault, backup_of,
    cloud::{Fault, Operation},
    database::Database,
    tree::{expect_same, tree},
};
use harness::{eventually, expect, random, scratch};
use harness_net::Gate;
use sqlx::sqlite::SqliteJournalMode;
use std::{fs, time::Duration};

/// The store holds the answers back as soon as something of the database is there. Meanwhile the program that has the
/// database open writes, and moves its log into the file.
#[tokio::test]
async fn what_is_written_while_it_is_read_is_there_as_a_whole_or_not() {
    let ((cloud, vault), source) = (Vault::s3(), scratch());
    let mut live = Database::create(&source.path().join("shop.db"), 800, 1500).await;
    live.checkpoint().await;
    live.bump().await;
    fs::write(source.path().join("first"), "x").expect("a file can be written");
    let gate = Gate::shut();
    let (behind, mut puts) = (gate.clone(), 0);
    cloud.plan(move |operation, _| {
        puts += usize::from(operation == Operation::Put);
        (operation == Operation::Put && puts > 1).then(|| Fault::Behind(behind.clone()))
    });
    let arguments = backup_of(source.path(), &[]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let program = vault.command(&arguments).spawn().expect("the program starts");
    eventually("a backup stores objects", Duration::from_secs(10), || {
        let puts = cloud.puts();
        (puts >= 3).then_some(())
    });
    live.bump().await;
    live.checkpoint().await;
    live.bump().await;
    gate.open();
    let output = program.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    expect("the backup succeeds while somebody writes").eq((output.status.code(), said.as_str()), (Some(0), ""));
    let restored = vault.restore(None);
    let mut copy = Database::open(&restored.path().join("shop.db")).await;
    let rows = copy.expect_whole("the copy is of one moment between two transactions", 2).await;
    expect("no row is missing").eq(rows, 800);
}

#[tokio::test]
async fn a_writer_that_never_stops_is_no_obstacle() {
    let (vault, source) = (Vault::folder(), scratch());
    let mut live = Database::create(&source.path().join("deep.sqlite"), 100, 500).await;
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let writer = tokio::spawn(async move {
        while stopped.try_recv().is_err() {
            live.bump().await;
            live.checkpoint().await;
        }
        live
    });
    for _ in 0..3 {
        let arguments = backup_of(source.path(), &[]);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut command = tokio::process::Command::from(vault.command(&arguments));
        let output = command.output().await.expect("the program runs");
        expect("a backup succeeds while a writer commits and moves its log")
            .that(output.status.success(), String::from_utf8_lossy(&output.stderr));
        let restored = vault.restore(None);
        let mut copy = Database::open(&restored.path().join("deep.sqlite")).await;
        let rows = copy.expect_whole("each copy is of one moment", 1).await;
        expect("no row is missing").eq(rows, 100);
    }
    stop.send(()).expect("the writer listens");
    writer.await.expect("the writer was never disturbed");
}

#[tokio::test]
async fn a_database_with_a_rollback_journal_comes_back() {
    let (vault, source) = (Vault::folder(), scratch());
    fs::create_dir(source.path().join("in")).expect("a folder can be made");
    let path = source.path().join("in/old.db");
    let mut live = Database::create_with(&path, 40, 100, SqliteJournalMode::Delete).await;
    live.bump().await;
    vault.backup(source.path());
    let mut copy = Database::open(&vault.restore(None).path().join("in/old.db")).await;
    copy.expect_whole("all committed transactions are there", 2).await;
}

#[test]
fn what_only_looks_like_a_database_is_a_file() {
    let (mut random, vault, source) = (random(), Vault::folder(), scratch());
    let start = b"SQLite format 3\0".as_slice();
    for (name, length) in [("just-the-start", 0), ("short", 50), ("long", 9000)] {
        let content = [start, &random.bytes(length)].concat();
        fs::write(source.path().join(name), content).expect("a file can be written");
    }
    for name in ["short-wal", "x-wal", "x-shm", "x", "SQLite format 3"] {
        fs::write(source.path().join(name), random.bytes(40)).expect("a file can be written");
    }
    let was = tree(source.path());
    vault.backup(source.path());
    expect_same("it comes back byte for byte", vault.restore(None).path(), &was);
}
