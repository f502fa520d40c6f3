use super::outside::{connect, expect_refused};
use crate::visible::support::Ledger;
use harness::expect;

#[tokio::test]
async fn nobody_changes_or_deletes_history() {
    let ledger = Ledger::start();
    ledger.accounts(&["alice", "bob"], 1_000).await;
    let id = ledger.transfer("alice", "bob", 250).await;
    let path = format!("/transfers/{id}");
    let seen = async || (ledger.history("alice", "").await.json(), ledger.http.get(&path).send().await.json());
    let before = seen().await;
    let database = connect(&ledger.postgres).await;
    for statement in [
        "UPDATE entries SET amount = amount + 1",
        "UPDATE entries SET balance = 1000000 WHERE account = 'alice'",
        "UPDATE entries SET account = 'bob' WHERE account = 'alice'",
        "UPDATE transfers SET description = 'other'",
        "DELETE FROM entries WHERE account = 'alice'",
        "DELETE FROM transfers",
        "TRUNCATE entries",
        "TRUNCATE transfers CASCADE",
        "DELETE FROM accounts WHERE id = 'alice'",
    ] {
        expect_refused(&database, statement).await;
    }
    expect("everything is as it was").eq(seen().await, before);
}

#[tokio::test]
async fn nobody_adds_entries_that_do_not_add_up() {
    let ledger = Ledger::start();
    ledger.accounts(&["alice", "bob"], 1_000).await;
    let database = connect(&ledger.postgres).await;
    let transfer = "INSERT INTO transfers (key, request, description, at) VALUES (NULL, '', 'gift', now())";
    let entry = |account: &str, number: i64, amount: i64, balance: i64| {
        format!(
            "INSERT INTO entries (account, number, transfer, amount, balance, at) VALUES \
             ('{account}', {number}, (SELECT max(id) FROM transfers), {amount}, {balance}, now())"
        )
    };
    for entries in [
        entry("alice", 2, 100, 1_100),
        format!("{}; {}", entry("alice", 2, 100, 1_100), entry("bob", 2, -99, 901)),
        // These add up, but do not follow the line before, or leave an account with less than it may have.
        format!("{}; {}", entry("alice", 2, 100, 5_000), entry("bob", 2, -100, 900)),
        format!("{}; {}", entry("alice", 3, 100, 1_100), entry("bob", 2, -100, 900)),
        format!("{}; {}", entry("alice", 2, 5_000, 6_000), entry("bob", 2, -5_000, -4_000)),
    ] {
        expect_refused(&database, &format!("BEGIN; {transfer}; {entries}; COMMIT")).await;
        let _ = database.batch_execute("ROLLBACK").await;
    }
    expect("nothing was added").eq((ledger.balance("alice").await, ledger.balance("bob").await), (1_000, 1_000));
    let good = format!("{}; {}", entry("alice", 2, 100, 1_100), entry("bob", 2, -100, 900));
    let added = database.batch_execute(&format!("BEGIN; {transfer}; {good}; COMMIT")).await;
    expect("what adds up and follows is history like any other").that(added.is_ok(), format!("{added:?}"));
    expect("and the program sees it").eq(ledger.balance("alice").await, 1_100);
}
