use crate::visible::support::Ledger;
use harness::{expect, random};
use std::collections::BTreeMap;

#[tokio::test]
async fn the_journal_adds_up_to_the_balances() {
    let ledger = Ledger::start();
    let mut random = random();
    let ids = ["alice", "bob", "shop:books"];
    ledger.accounts(&ids, 50_000).await;
    for _ in 0..15 {
        let from = random.below(3);
        ledger.transfer(ids[from], ids[(from + 1 + random.below(2)) % 3], random.between(1..=999)).await;
    }
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for line in ledger.journal().await.lines().filter(|line| line.starts_with("    ")) {
        let (account, amount) = line.trim().split_once("  ").unwrap_or_default();
        let number = amount.trim_end_matches(" EUR");
        let cents: i64 = number.replace('.', "").parse().unwrap_or_else(|_| expect("an amount").fail(line));
        *sums.entry(account.to_owned()).or_default() += cents;
    }
    for id in ids {
        expect("the sum of the journal is the balance").eq(sums.get(id).copied(), Some(ledger.balance(id).await));
    }
    expect("all sums are nothing").eq(sums.values().sum::<i64>(), 0);
}
