use crate::visible::support::{Ledger, count, moving};
use harness::expect;

#[tokio::test]
async fn a_refusal_does_not_use_up_the_key() {
    let ledger = Ledger::start();
    ledger.accounts(&["alice", "bob"], 100).await;
    ledger.try_transfer("k", "alice", "bob", 150).await.expect("too much").problem(409);
    ledger.transfer("bank", "alice", 100).await;
    ledger.try_transfer("k", "alice", "bob", 150).await.expect("now it is there").status(201);
    expect("done once").eq(ledger.balance("alice").await, 50);
}

#[tokio::test]
async fn one_key_for_different_requests_at_once_is_one_of_them() {
    let ledger = Ledger::start();
    ledger.accounts(&["alice", "bob", "carol", "dave"], 1_000).await;
    let replies = ledger
        .together(20, |client, number| async move {
            // Two pairs of accounts that have none in common.
            let (from, to) = if number % 2 == 0 { ("alice", "bob") } else { ("carol", "dave") };
            client.try_transfer("k", from, to, 10).await
        })
        .await;
    expect("ten are the same, and get the same").eq((count(&replies, 201), count(&replies, 422)), (10, 10));
    let moved = 2_000 - ledger.balance("alice").await - ledger.balance("carol").await;
    expect("done once").eq(moved, 10);
}

#[tokio::test]
async fn keys_are_checked() {
    let ledger = Ledger::start();
    ledger.accounts(&["alice"], 0).await;
    for key in ["", &"x".repeat(65)] {
        let reply = ledger.post_transfer(key, &moving("bank", "alice", 1)).await;
        reply.expect("1 to 64 characters").problem(400);
    }
    ledger.post_transfer(&"x".repeat(64), &moving("bank", "alice", 1)).await.expect("64 are allowed").status(201);
}

#[tokio::test]
async fn every_acknowledged_transfer_is_there_after_a_kill() {
    let mut ledger = Ledger::start();
    ledger.accounts(&["alice", "bob"], 1_000_000).await;
    let client = ledger.client.clone();
    let write = move |writer: usize, number: usize| {
        let client = client.clone();
        async move {
            let call = client.http.post("/transfers").header("idempotency-key", format!("w{writer}-{number}"));
            let reply = call.json(&moving("alice", "bob", 1)).try_send().await.ok()?;
            (reply.status == 201).then(|| reply.number_at("/id"))
        }
    };
    let acknowledged = harness_net::write_until_killed(&mut ledger.program, 8, 40, write).await;
    ledger.kill_and_restart();
    let history = ledger.history("alice", "?limit=500").await;
    let there =
        history.at("/entries").as_array().into_iter().flatten().filter_map(|line| line["transfer"].as_i64()).collect();
    acknowledged.expect_all_in(&there);
    let sum = ledger.balance("alice").await + ledger.balance("bob").await;
    expect("nothing is half done").eq(sum, 2_000_000);
}
