use crate::visible::support::{Ledger, count, expect_statuses, new_key};
use harness::expect;
use serde_json::json;

#[tokio::test]
async fn holds_and_transfers_at_once_never_promise_more_than_there_is() {
    let ledger = Ledger::start();
    ledger.accounts(&["alice", "bob"], 0).await;
    ledger.transfer("bank", "alice", 1_000).await;
    let replies = ledger
        .together(60, |client, number| async move {
            if number % 2 == 0 {
                client.try_hold(&new_key(), "alice", 50).await
            } else {
                client.try_transfer(&new_key(), "alice", "bob", 50).await
            }
        })
        .await;
    expect_statuses("yes or no", &replies, &[201, 409]);
    expect("20 times 50").eq(count(&replies, 201), 20);
    ledger.show("alice").await.expect("nothing is free").json_at("/available", 0);
}

#[tokio::test]
async fn twenty_captures_at_once_are_one() {
    let ledger = Ledger::start();
    ledger.accounts(&["alice", "shop"], 1_000).await;
    let hold = ledger.hold("alice", 400).await;
    let replies = ledger
        .together(20, |client, number| async move {
            if number % 4 == 3 {
                client.release(hold).await
            } else {
                client.capture(hold, &json!({"to": "shop"})).await
            }
        })
        .await;
    expect_statuses("done, or over already", &replies, &[200, 409]);
    expect("one of them ends the hold").eq(count(&replies, 200), 1);
    let (alice, shop) = (ledger.balance("alice").await, ledger.balance("shop").await);
    expect("captured once, or not at all")
        .that((alice, shop) == (600, 1_400) || (alice, shop) == (1_000, 1_000), format!("{alice}, {shop}"));
}

#[tokio::test]
async fn what_cannot_be_held_or_captured_is_refused() {
    let ledger = Ledger::start();
    ledger.accounts(&["alice", "shop"], 1_000).await;
    ledger.account_with(&json!({"id": "dollars", "currency": "USD", "min_balance": 0})).await;
    for amount in [0, -5, 1_000_000_000_001] {
        ledger.try_hold(&new_key(), "alice", amount).await.expect("no amount").problem(422).json_at("/field", "amount");
    }
    ledger.try_hold(&new_key(), "nobody", 5).await.expect("no such account").problem(422).json_at("/account", "nobody");
    let hold = ledger.hold("alice", 500).await;
    for (field, body) in [
        ("amount", json!({"to": "shop", "amount": 501})),
        ("amount", json!({"to": "shop", "amount": 0})),
        ("to", json!({"to": "alice"})),
        ("to", json!({"to": "dollars"})),
    ] {
        ledger.capture(hold, &body).await.expect("the field is named").problem(422).json_at("/field", field);
    }
    ledger.capture(999, &json!({"to": "shop"})).await.expect("no such hold").problem(404);
    ledger.show("alice").await.expect("still held").json_at("/held", 500);
}

#[tokio::test]
async fn a_hold_has_a_key_too() {
    let ledger = Ledger::start();
    ledger.accounts(&["alice", "shop"], 1_000).await;
    let first = ledger.try_hold("k", "alice", 400).await;
    ledger.try_hold("k", "alice", 400).await.expect("the same hold").status(201).json(&first.json());
    ledger.try_hold("k", "alice", 401).await.expect("another request").problem(422);
    let hold = first.number_at("/id");
    let captured = ledger.capture(hold, &json!({"to": "shop"})).await;
    let transfer = captured.number_at("/transfer");
    let reply = ledger.http.get(&format!("/transfers/{transfer}")).send().await;
    let entries = json!([{"account": "alice", "amount": -400}, {"account": "shop", "amount": 400}]);
    reply.expect("a capture is a transfer").status(200).json_at("/entries", entries);
    ledger.show("alice").await.expect("held once").json_at("/held", 0).json_at("/balance", 600);
}
