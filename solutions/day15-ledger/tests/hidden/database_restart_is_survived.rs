use crate::visible::support::Ledger;
use harness::{Launch, Postgres, expect};
use harness_net::eventually;
use std::time::Duration;

#[tokio::test]
async fn restarts_under_load_lose_nothing_that_was_acknowledged() {
    let mut ledger = Ledger::on(Postgres::start_private(), &["--database-timeout-ms", "500"]);
    ledger.accounts(&["alice", "bob"], 100_000).await;
    let client = ledger.client.clone();
    let load = tokio::spawn(async move {
        let mut acknowledged = 0;
        for number in 0..150 {
            // The same key again until there is an answer: what a careful client does.
            for _ in 0..400 {
                let reply = client.try_transfer(&format!("load-{number}"), "alice", "bob", 1).await;
                reply.expect("done, or not now").status_in(&[201, 503]);
                if reply.status == 201 {
                    acknowledged += 1;
                    break;
                }
            }
        }
        acknowledged
    });
    for _ in 0..2 {
        let before = ledger.balance("bob").await;
        eventually("transfers go on", Duration::from_secs(10), || async {
            let reply = ledger.http.get("/accounts/bob").send().await;
            let more = reply.status == 200 && reply.number_at("/balance") > before;
            (more || load.is_finished()).then_some(())
        })
        .await;
        ledger.postgres.stop();
        ledger.postgres.start_again();
        eventually("the ledger works again", Duration::from_secs(10), || async {
            (ledger.http.get("/accounts/bob").send().await.status == 200).then_some(())
        })
        .await;
    }
    let acknowledged = load.await.unwrap_or_else(|error| expect("the load comes to its end").fail(error));
    expect("each key once").eq(ledger.balance("bob").await, 100_000 + acknowledged);
    expect("the sum stays").eq(ledger.balance("alice").await, 100_000 - acknowledged);
}

#[test]
fn without_a_database_the_program_does_not_start() {
    for (url, says) in [
        ("", "DATABASE_URL"),
        ("mysql://nowhere", "DATABASE_URL"),
        ("postgres://me:hunter2@127.0.0.1:9/nothing", "DATABASE_URL"),
    ] {
        let ended = Launch::service().env("DATABASE_URL", url).args(["--database-timeout-ms", "500"]).run_to_end();
        expect("there is no database").request(url).eq(ended.code, Some(1));
        expect("the line says what to look at").contains(&ended.stderr, says);
        expect("and holds no password").lacks(&ended.stderr, "hunter2");
    }
}
