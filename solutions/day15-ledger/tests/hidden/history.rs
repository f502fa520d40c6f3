use crate::visible::support::Ledger;
use harness::{expect, random};
use serde_json::json;

#[tokio::test]
async fn the_last_line_is_the_balance_and_the_lines_add_up() {
    let ledger = Ledger::start();
    let mut random = random();
    ledger.accounts(&["alice", "bob"], 10_000).await;
    let mut balance = 10_000;
    for _ in 0..12 {
        let amount = random.between(1..=500);
        if random.one_in(2) {
            ledger.transfer("alice", "bob", amount).await;
            balance -= amount;
        } else {
            ledger.transfer("bob", "alice", amount).await;
            balance += amount;
        }
    }
    let reply = ledger.history("alice", "?limit=500").await;
    let lines = reply.at("/entries").as_array().cloned().unwrap_or_default();
    expect("the newest line tells the balance").eq(lines[0]["balance"].as_i64(), Some(balance));
    for pair in lines.windows(2) {
        let number = |line: &serde_json::Value, name: &str| line[name].as_i64().unwrap_or_default();
        let sum = number(&pair[1], "balance") + number(&pair[0], "amount");
        expect("each line continues the one before").eq(number(&pair[0], "balance"), sum);
        expect("numbers have no gaps").eq(number(&pair[0], "number"), number(&pair[1], "number") + 1);
        expect("times go on").that(pair[0]["at"].as_str() >= pair[1]["at"].as_str(), format!("{pair:?}"));
    }
}

#[tokio::test]
async fn pages_that_are_none_are_refused() {
    let ledger = Ledger::start();
    ledger.accounts(&["alice"], 0).await;
    ledger
        .history("alice", "")
        .await
        .expect("no lines yet")
        .json_at("/entries", json!([]))
        .json_at("/next", json!(null));
    for query in ["?limit=0", "?limit=501", "?limit=-1"] {
        let reply = ledger.http.get(&format!("/accounts/alice/entries{query}")).send().await;
        reply.expect("from 1 to 500").problem(422).json_at("/field", "limit");
    }
    let reply = ledger.http.get("/accounts/alice/entries?before=x").send().await;
    reply.expect("this is no number").problem(422).json_at("/field", "before");
    ledger.http.get("/accounts/nobody/entries").send().await.expect("there is no such account").problem(404);
}
