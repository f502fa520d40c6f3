use crate::visible::support::{Ledger, new_key};
use harness::{expect, random};
use serde_json::json;

#[tokio::test]
async fn many_accounts_can_be_in_one_transfer() {
    let ledger = Ledger::start();
    let mut random = random();
    let ids: Vec<String> = (0..6).map(|number| format!("part:{number}")).collect();
    let all: Vec<&str> = ids.iter().map(String::as_str).collect();
    ledger.accounts(&all, 1_000_000).await;
    let mut expected = vec![1_000_000; 6];
    for _ in 0..5 {
        let mut amounts: Vec<i64> =
            (0..5).map(|_| random.between(-1000..=1000)).map(|n| if n == 0 { 7 } else { n }).collect();
        let rest = -amounts.iter().sum::<i64>();
        amounts.push(if rest == 0 { continue } else { rest });
        let entries: Vec<_> =
            ids.iter().zip(&amounts).map(|(id, amount)| json!({"account": id, "amount": amount})).collect();
        let reply = ledger.post_transfer(&new_key(), &json!({"entries": entries})).await;
        reply.expect("six accounts").status(201);
        expected.iter_mut().zip(amounts).for_each(|(balance, amount)| *balance += amount);
    }
    for (id, balance) in ids.iter().zip(expected) {
        expect("each has what it should").eq(ledger.balance(id).await, balance);
    }
}

#[tokio::test]
async fn currencies_do_not_mix() {
    let ledger = Ledger::start();
    ledger.accounts(&["alice"], 1_000).await;
    ledger.account_with(&json!({"id": "dollars", "currency": "USD", "min_balance": 0})).await;
    let reply = ledger.try_transfer(&new_key(), "alice", "dollars", 10).await;
    reply.expect("euros are no dollars").problem(422).json_at("/field", "entries");
    expect("nothing has moved").eq(ledger.balance("alice").await, 1_000);
}

#[tokio::test]
async fn accounts_are_checked() {
    let ledger = Ledger::start();
    let account = json!({"id": "alice", "currency": "EUR", "min_balance": 0});
    ledger.account_with(&account).await;
    ledger
        .http
        .post("/accounts")
        .json(&account)
        .send()
        .await
        .expect("the same again")
        .status(200)
        .json_at("/balance", 0);
    let other = json!({"id": "alice", "currency": "USD", "min_balance": 0});
    ledger.http.post("/accounts").json(&other).send().await.expect("another of this name").problem(409);
    for (field, value) in [
        ("id", json!("")),
        ("id", json!("Alice")),
        ("id", json!("a b")),
        ("id", json!("a::b")),
        ("id", json!("x".repeat(65))),
        ("currency", json!("eur")),
        ("currency", json!("EURO")),
        ("min_balance", json!(1)),
    ] {
        let mut body = json!({"id": "bob", "currency": "EUR", "min_balance": 0});
        body[field] = value;
        let reply = ledger.http.post("/accounts").json(&body).send().await;
        reply.expect("the field is named").problem(422).json_at("/field", field);
    }
    ledger.http.get("/accounts/bob").send().await.expect("nothing was made").problem(404);
    ledger.http.get("/transfers/99").send().await.expect("there is no such transfer").problem(404);
    let body = json!({"description": "x".repeat(201), "entries": []});
    ledger.post_transfer(&new_key(), &body).await.expect("too long").problem(422).json_at("/field", "description");
}

#[tokio::test]
async fn large_amounts_are_exact() {
    let ledger = Ledger::start();
    ledger.accounts(&["alice"], 0).await;
    let large = 1_000_000_000_000;
    for _ in 0..3 {
        ledger.transfer("bank", "alice", large).await;
    }
    ledger.transfer("alice", "bank", 1).await;
    expect("to the cent").eq(ledger.balance("alice").await, 3 * large - 1);
    let reply = ledger.try_transfer(&new_key(), "bank", "alice", large + 1).await;
    reply.expect("more than an amount may be").problem(422).json_at("/field", "amount");
    let body = r#"{"entries":[{"account":"bank","amount":-1.5},{"account":"alice","amount":1.5}]}"#;
    let call =
        ledger.http.post("/transfers").header("idempotency-key", new_key()).header("content-type", "application/json");
    call.body(body).send().await.expect("cents are whole").problem(422);
}
