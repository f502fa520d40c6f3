use crate::visible::support::Site;
use harness::{expect, random};

/// The record belongs to the migration: without the one there must not be the other.
#[tokio::test]
async fn without_its_record_a_migration_is_undone() {
    let site = Site::with(&[
        ("1_users.sql", "CREATE TABLE users (x);"),
        (
            "2_orders.sql",
            "CREATE TABLE orders (x);
             CREATE TRIGGER full BEFORE INSERT ON _sqlx_migrations BEGIN SELECT RAISE(ABORT, 'no room'); END;",
        ),
    ]);
    site.run(&["up"])
        .expect("a migration that cannot be recorded has failed")
        .fails_with(&["2", "no room"])
        .lines(&["applied 1 users"]);
    expect("and is undone").eq(site.tables().await, ["users"]);
    expect("its trigger, too").eq(site.number("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'").await, 0);
}

/// Some rules are checked only at the commit.
#[tokio::test]
async fn a_commit_can_fail() {
    let site = Site::with(&[
        ("1_users.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);"),
        (
            "2_orders.sql",
            "CREATE TABLE orders (user INTEGER REFERENCES users DEFERRABLE INITIALLY DEFERRED);
             INSERT INTO orders VALUES (12345);",
        ),
    ]);
    site.run(&["up"])
        .expect("what cannot be committed is not applied")
        .fails_with(&["2", "orders"])
        .lines(&["applied 1 users"]);
    expect("nothing of it has stayed").eq(site.tables().await, ["users"]);
    expect("nor its record").eq(site.versions().await, [1]);
}

#[tokio::test]
async fn no_transaction_means_none() {
    let site = Site::with(&[
        ("1_vacuum.sql", "-- no-transaction\nCREATE TABLE a (x);\nVACUUM;"),
        ("2_broken.sql", "-- no-transaction\nCREATE TABLE b (x);\nINSERT INTO nowhere VALUES (1);"),
    ]);
    site.run(&["up"])
        .expect("VACUUM works only outside of a transaction; the second fails")
        .fails_with(&["2", "broken", "nowhere"])
        .lines(&["applied 1 vacuum"]);
    expect("without a transaction, what came before the error stays").eq(site.tables().await, ["a", "b"]);
    expect("but it is not recorded").eq(site.versions().await, [1]);
}

#[tokio::test]
async fn the_words_count_only_at_the_very_beginning() {
    let word = random().word();
    let site = Site::empty();
    let broken = format!("-- {word}\n-- no-transaction\nCREATE TABLE a (x); INSERT INTO nowhere VALUES (1);");
    site.write("1_a.sql", &broken);
    site.run(&["up"]).expect("the file fails").fails_with(&["nowhere"]);
    expect("it was in a transaction").eq(site.tables().await, Vec::<String>::new());
    site.write("1_a.sql", &broken.replace("-- no-transaction", "VACUUM;"));
    site.run(&["up"]).expect("VACUUM is refused in a transaction").fails_with(&["1", "VACUUM"]);
}

#[tokio::test]
async fn rows_and_tables_that_were_there_are_as_before() {
    let site = Site::with(&[("1_users.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);")]);
    site.lines(&["up"]);
    site.execute("INSERT INTO users (name) VALUES ('Ada'), ('Grace')").await;
    site.write(
        "2_rename.sql",
        "ALTER TABLE users RENAME TO people; UPDATE people SET name = upper(name); DELETE FROM people WHERE id = 1;
         DROP TABLE nowhere;",
    );
    for _ in 0..2 {
        site.run(&["up"]).expect("it fails each time").fails_with(&["2", "rename"]).lines(&[]);
        let count = site.number("SELECT count(*) FROM users WHERE name IN ('Ada', 'Grace')").await;
        expect("the table has its name and its rows").eq(count, 2);
    }
}
