use crate::visible::support::{Ledger, new_key};
use harness::{expect, random};

#[tokio::test]
async fn concurrent_transfers_have_times_in_the_order_of_their_numbers() {
    let ledger = Ledger::start();
    ledger.accounts(&["alice", "bob"], 10_000).await;
    let replies = ledger
        .together(40, |client, number| async move {
            client.try_transfer(&new_key(), "alice", "bob", 1 + number as i64).await
        })
        .await;
    for reply in &replies {
        reply.expect("there is enough").status(201);
    }
    let history = ledger.history("alice", "?limit=500").await.at("/entries");
    let lines = history.as_array().cloned().unwrap_or_default();
    for line in &lines {
        let at = line["at"].as_str().unwrap_or_default();
        // Several lines may have the same moment: the last of them counts.
        let last = lines.iter().find(|other| other["at"] == at).map(|other| other["balance"].clone());
        expect("the balance at the time of a line is the one that stands in it")
            .request(at)
            .eq(Some(ledger.balance_at("alice", at).await.into()), last);
    }
}

#[tokio::test]
async fn any_way_to_write_a_moment_is_the_same_moment() {
    let ledger = Ledger::start();
    ledger.accounts(&["alice"], 0).await;
    let amount = random().between(1..=1_000);
    let id = ledger.transfer("bank", "alice", amount).await;
    let at = ledger.http.get(&format!("/transfers/{id}")).send().await.text_at("/at");
    expect("times are RFC 3339 in UTC").that(at.ends_with('Z') && at.contains('T'), &at);
    for at in ["2999-12-31T23:59:59.999Z", "2999-12-31T23:59:59%2B05:30", "2999-12-31t23:59:59z"] {
        expect("a later moment").request(at).eq(ledger.balance_at("alice", at).await, amount);
    }
    for at in ["2000-01-01T00:00:00-08:00", "0001-01-01T00:00:00Z"] {
        expect("an earlier moment").request(at).eq(ledger.balance_at("alice", at).await, 0);
    }
}
