use crate::visible::support::Site;
use harness::{eventually, expect};
use std::{fs, process::Child, time::Duration};

/// A migration of two statements, the second of which writes for a long time. It is killed while it does.
#[tokio::test]
async fn killed_in_the_middle_of_a_long_migration() {
    let site = Site::with(&[("1_users.sql", "CREATE TABLE users (x);")]);
    site.lines(&["up"]);
    site.write(
        "2_large.sql",
        "CREATE TABLE large (x BLOB);
         WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < 1000000)
         INSERT INTO large SELECT zeroblob(1000) FROM count;",
    );
    kill_while_it_writes(&site, "up");
    expect("nothing of it is there").eq(site.tables().await, ["users"]);
    expect("and nothing is recorded").eq(site.versions().await, [1]);
    expect("it is pending").eq(site.lines(&["status"]), ["applied 1 users", "pending 2 large"]);
    site.write("2_large.sql", "CREATE TABLE large (x BLOB);");
    expect("and can be applied").eq(site.lines(&["up"]), ["applied 2 large"]);
}

#[tokio::test]
async fn killed_in_the_middle_of_a_long_way_back() {
    let site = Site::with(&[
        ("1_users.up.sql", "CREATE TABLE users (x); CREATE TABLE copies (x);"),
        (
            "1_users.down.sql",
            "DROP TABLE users;
             WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < 1000000)
             INSERT INTO copies SELECT zeroblob(1000) FROM count;
             DROP TABLE copies;",
        ),
    ]);
    site.lines(&["up"]);
    kill_while_it_writes(&site, "down");
    expect("both tables are there").eq(site.tables().await, ["copies", "users"]);
    expect("and the copies are empty").eq(site.number("SELECT count(*) FROM copies").await, 0);
    expect("1 is still applied").eq(site.lines(&["status"]), ["applied 1 users"]);
}

/// Starts the command, and kills it once it has written some megabytes. What does not fit into SQLite's memory goes to the
/// file, or to the log beside it, before the commit.
#[track_caller]
fn kill_while_it_writes(site: &Site, command: &str) {
    let mut program = Running(site.command(&[command]).spawn().expect("the program starts"));
    eventually("the long migration writes to the database", Duration::from_secs(20), || {
        let size = |name: &str| fs::metadata(site.folder.path().join(name)).map_or(0, |file| file.len());
        let ended = program.0.try_wait().expect("it can be waited for");
        expect("it is at work").request(command).that(ended.is_none(), format!("it ended: {ended:?}"));
        (size("shop.db") + size("shop.db-wal") > 8 << 20).then_some(())
    });
    let status = harness::kill(&mut program.0).expect("it can be killed");
    expect("it was still at work").request(command).that(!status.success(), "exit status 0");
}

/// A program that is killed when its test fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = harness::kill(&mut self.0);
    }
}
