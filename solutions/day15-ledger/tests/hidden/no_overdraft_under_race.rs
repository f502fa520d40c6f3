use super::outside::connect;
use crate::visible::support::{Ledger, count, expect_statuses, new_key};
use harness::{Postgres, expect};
use harness_net::eventually;
use std::time::Duration;

#[tokio::test]
async fn two_hundred_transfers_between_ten_accounts_keep_the_sum() {
    let ledger = Ledger::start();
    let ids: Vec<String> = (0..10).map(|number| format!("a{number}")).collect();
    let all: Vec<&str> = ids.iter().map(String::as_str).collect();
    ledger.accounts(&all, 100).await;
    let seed = harness::random().below(1_000);
    let replies = ledger
        .together(200, |client, number| async move {
            let from = (number * 7 + seed) % 10;
            let to = (from + 1 + number % 9) % 10;
            client.try_transfer(&new_key(), &format!("a{from}"), &format!("a{to}"), 1 + (number % 60) as i64).await
        })
        .await;
    expect_statuses("money, or a no, and never a fault", &replies, &[201, 409]);
    let mut sum = 0;
    for id in &ids {
        let balance = ledger.balance(id).await;
        expect("nobody owes anything").that(balance >= 0, format!("{id} has {balance}"));
        sum += balance;
    }
    expect("the sum stays").eq(sum, 1_000);
}

#[tokio::test]
async fn few_connections_serve_many_requests() {
    let ledger = Ledger::on(Postgres::start(), &["--connections", "2", "--database-timeout-ms", "30000"]);
    ledger.accounts(&["alice", "bob"], 1_000).await;
    let replies =
        ledger.together(60, |client, _| async move { client.try_transfer(&new_key(), "alice", "bob", 5).await }).await;
    expect("all are served").eq(count(&replies, 201), 60);
    expect("exactly").eq(ledger.balance("alice").await, 700);
}

#[tokio::test]
async fn what_the_database_prefers_does_not_matter() {
    // A database whose transactions are serializable unless told otherwise.
    let postgres = Postgres::start();
    let outside = connect(&postgres).await;
    let change = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = ''serializable''', current_database()); END $$";
    expect("the test can change its database").that(outside.batch_execute(change).await.is_ok(), "it cannot");
    let ledger = Ledger::on(postgres, &["--database-timeout-ms", "30000"]);
    ledger.accounts(&["alice", "bob"], 0).await;
    ledger.transfer("bank", "alice", 300).await;
    let replies =
        ledger.together(60, |client, _| async move { client.try_transfer(&new_key(), "alice", "bob", 10).await }).await;
    expect_statuses("money, or a no, and never a fault", &replies, &[201, 409]);
    expect("30 times 10").eq((count(&replies, 201), ledger.balance("alice").await), (30, 0));
}

#[tokio::test]
async fn a_transaction_that_is_ended_for_another_is_done_again() {
    let postgres = Postgres::start();
    let outside = connect(&postgres).await;
    // Whoever waits for a lock looks for a deadlock after this time, and ends itself when there is one. The test's own
    // connection never looks, so it is the program's transaction that ends.
    let change =
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = ''50ms''', current_database()); END $$";
    expect("the test can change its database").that(outside.batch_execute(change).await.is_ok(), "it cannot");
    let ledger = Ledger::on(postgres, &["--database-timeout-ms", "30000"]);
    ledger.accounts(&["alice", "bob"], 1_000).await;
    let lock = |id: &str| format!("SELECT id FROM accounts WHERE id = '{id}' FOR UPDATE");
    let begun = outside.batch_execute(&format!("SET deadlock_timeout = '1min'; BEGIN; {}", lock("bob"))).await;
    expect("the test can lock an account").that(begun.is_ok(), format!("{begun:?}"));
    let client = ledger.client.clone();
    let transfer = tokio::spawn(async move { client.try_transfer("k", "alice", "bob", 10).await });
    let watcher = connect(&ledger.postgres).await;
    eventually("the transfer waits for an account that somebody else has locked", Duration::from_secs(10), || async {
        let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted";
        let row = watcher.query_one(waiting, &[]).await.ok()?;
        (row.get::<_, i64>(0) > 0 || transfer.is_finished()).then_some(())
    })
    .await;
    // The program has locked alice first, if it locks by name: now each waits for the other.
    let locked = outside.batch_execute(&lock("alice")).await;
    let committed = outside.batch_execute("COMMIT").await;
    expect("the other transaction is the one that goes on")
        .that(locked.is_ok() && committed.is_ok(), format!("{locked:?}"));
    match transfer.await {
        Ok(reply) => reply.expect("a transfer that was ended is done again").status(201),
        Err(error) => expect("the transfer is answered").fail(error),
    };
    expect("once").eq(ledger.balance("alice").await, 990);
}
