//! Tests of day 15 that need a tool beside PostgreSQL.

#[path = "../../../exercises/day15-ledger/tests/support/mod.rs"]
pub mod support;

mod hledger_parity {
    use super::support::Ledger;
    use harness::{expect, random, require_tool};
    use std::{
        collections::BTreeMap,
        io::Write,
        path::Path,
        process::{Command, Stdio},
    };

    /// What hledger says that each account has, in cents.
    fn balances(hledger: &Path, journal: &str) -> BTreeMap<String, i64> {
        let mut command = Command::new(hledger);
        command.args(["-f", "-", "bal", "--flat", "--output-format=csv"]).env("LANG", "C.UTF-8");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("hledger can be started");
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(journal.as_bytes()).expect("hledger reads the journal");
        }
        let output = child.wait_with_output().expect("hledger comes to its end");
        let complaint = String::from_utf8_lossy(&output.stderr);
        expect("hledger understands the journal").request(journal).that(output.status.success(), complaint);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let rows = text.lines().skip(1).filter_map(|line| {
            let (account, amount) = line.split_once("\",\"")?;
            let amount = amount.trim_end_matches('"').trim_end_matches(" EUR").replace(['.', ','], "");
            Some((account.trim_matches('"').to_owned(), amount.parse().ok()?))
        });
        rows.filter(|(account, _)| account != "total").collect()
    }

    #[tokio::test]
    async fn hledger_comes_to_the_same_balances() {
        let hledger = require_tool("hledger", "hledger");
        let ledger = Ledger::start();
        let mut random = random();
        let ids = ["assets:alice", "assets:bob", "income"];
        ledger.accounts(&ids, 200_000).await;
        for _ in 0..25 {
            let from = random.below(3);
            ledger.transfer(ids[from], ids[(from + 1 + random.below(2)) % 3], random.between(1..=5_000)).await;
        }
        let mut expected = BTreeMap::new();
        for id in ids.iter().chain(&["bank"]) {
            expected.insert((*id).to_owned(), ledger.balance(id).await);
        }
        let journal = ledger.journal().await;
        expect("hledger agrees").request(&journal).eq(balances(&hledger, &journal), expected);
    }
}
