use crate::visible::support::{Site, all_said};
use harness::{eventually, expect};
use sqlx::Connection;
use std::{path::Path, process::Child, time::Duration};

/// The test holds the database's lock for writing until all eight have looked and stand in line. Whoever then trusts what
/// it has seen before, applies again what another one has applied.
#[tokio::test]
async fn what_was_seen_before_the_lock_is_looked_at_again() {
    let site = Site::with(&[("1_log.sql", "CREATE TABLE log (version INTEGER);")]);
    site.lines(&["up"]);
    for round in 0..3 {
        let versions = [round * 3 + 2, round * 3 + 3, round * 3 + 4];
        for version in versions {
            site.write(&format!("{version}_more.sql"), &format!("INSERT INTO log VALUES ({version});"));
        }
        let mut holder = site.sqlite().await;
        let lock = holder.begin_with("BEGIN IMMEDIATE").await.unwrap();
        let programs: Vec<_> = (0..8).map(|_| site.command(&["up"]).spawn().unwrap()).collect();
        for program in &programs {
            wait_until_open(program, &site.database());
        }
        lock.rollback().await.unwrap();
        let mut lines = all_succeed(programs);
        lines.sort();
        let mut expected = versions.map(|version| format!("applied {version} more"));
        expected.sort();
        expect("together they have applied each migration once").eq(lines, expected);
    }
    let twice = site.number("SELECT count(*) FROM (SELECT 1 FROM log GROUP BY version HAVING count(*) > 1)").await;
    expect("none has run twice").eq(twice, 0);
    expect("none is missing").eq(site.number("SELECT count(*) FROM log").await, 9);
}

#[tokio::test]
async fn eight_at_once_revert_each_migration_at_most_once() {
    let site = Site::with(&[("1_log.sql", "CREATE TABLE log (version INTEGER);")]);
    for version in 2..=9 {
        site.write(&format!("{version}_more.up.sql"), &format!("CREATE TABLE t{version} (x);"));
        let down = format!("DROP TABLE t{version}; INSERT INTO log VALUES ({version});");
        site.write(&format!("{version}_more.down.sql"), &down);
    }
    site.lines(&["up"]);
    let mut holder = site.sqlite().await;
    let lock = holder.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let programs: Vec<_> = (0..8).map(|_| site.command(&["down", "--to", "1"]).spawn().unwrap()).collect();
    for program in &programs {
        wait_until_open(program, &site.database());
    }
    lock.rollback().await.unwrap();
    let lines = all_succeed(programs);
    expect("each is reverted once").eq(lines.len(), 8);
    expect("and its way back has run once").eq(site.number("SELECT count(DISTINCT version) FROM log").await, 8);
    expect("none twice").eq(site.number("SELECT count(*) FROM log").await, 8);
}

#[tokio::test]
async fn eight_at_once_make_a_new_database() {
    for _ in 0..3 {
        let site = Site::empty();
        for version in 1..=4 {
            site.write(&format!("{version}_step.sql"), &format!("CREATE TABLE t{version} (x);"));
        }
        let lines = all_succeed((0..8).map(|_| site.command(&["up"]).spawn().unwrap()).collect());
        expect("each migration is applied by one of them").eq(lines.len(), 4);
        expect("all are recorded").eq(site.versions().await, [1, 2, 3, 4]);
    }
}

/// Waits until a program has opened the database. Only Linux tells; elsewhere it is left to chance.
#[track_caller]
fn wait_until_open(program: &Child, database: &Path) {
    let files = format!("/proc/{}/fd", program.id());
    if !Path::new("/proc/self/fd").is_dir() || std::env::var_os("SUBMISSION_SUPERVISED").is_some() {
        return; // The process we started is then the supervisor of the program.
    }
    let database = database.canonicalize().expect("the database is there");
    eventually("up opens the database", Duration::from_secs(10), || {
        let open = std::fs::read_dir(&files).ok()?.flatten();
        open.filter_map(|entry| entry.path().read_link().ok()).any(|file| file == database).then_some(())
    });
}

/// Waits for all of them and returns the lines that they printed.
#[track_caller]
fn all_succeed(programs: Vec<Child>) -> Vec<String> {
    let mut lines = Vec::new();
    for said in all_said(programs, "eight at once") {
        said.expect("each of the eight succeeds").code(0);
        lines.extend(said.stdout.lines().map(str::to_owned));
    }
    lines
}
