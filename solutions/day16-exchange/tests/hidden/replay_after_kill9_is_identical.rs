use crate::visible::support::{Client, Exchange, limit};
use harness::{Launch, expect};
use harness_net::write_until_killed;
use serde_json::Value;
use std::{collections::BTreeSet, fs};

#[tokio::test]
async fn what_was_acknowledged_is_there() {
    let mut exchange = Exchange::start(&[]);
    for _ in 0..3 {
        let client = exchange.client.clone();
        let acknowledged = write_until_killed(&mut exchange.program, 8, 60, move |_, _| {
            let http = client.http.clone();
            async move {
                let reply = http.post("/orders").json(&limit("ann buy 1 @ 100")).try_send().await.ok()?;
                (reply.status == 201).then(|| reply.number_at("/order/id"))
            }
        })
        .await;
        exchange.program.start_again();
        exchange.client = Client::of(&exchange.program);
        let mut stored = BTreeSet::new();
        for id in acknowledged.items() {
            let reply = exchange.http.get(&format!("/orders/{id}")).send().await;
            if reply.status == 200 {
                stored.insert(*id);
            }
        }
        acknowledged.expect_all_in(&stored);
    }
}

#[tokio::test]
async fn two_lives_and_a_third() {
    let mut exchange = Exchange::start(&[]);
    let mut before: Vec<Value> = Vec::new();
    for life in 0..3 {
        for order in ["ann sell 5 @ 101", "bob sell 5 @ 101", "cid buy 7 @ 101", "dan buy 2 @ 99"] {
            exchange.limit(order).await;
        }
        exchange.cancel(5 * life + 4).await.expect("an open order can be cancelled").status(200);
        exchange.market("eve", "buy", 2).await;
        let book = exchange.book().await.json();
        before.push(book.clone());
        exchange.kill_and_restart();
        let after = exchange.book().await.json();
        expect("each life begins where the last one ended").eq(after.to_string(), book.to_string());
    }
    let mut feed = exchange.feed().await;
    exchange.limit("ann sell 1 @ 500").await;
    feed.delta().await;
    feed.expect_same_book("the numbers of the feed go on", &exchange).await;
}

#[tokio::test]
async fn a_damaged_journal_is_not_replaced() {
    let mut exchange = Exchange::start(&[]);
    for _ in 0..20 {
        exchange.limit("ann sell 5 @ 101").await;
    }
    exchange.program.kill();
    let folder = exchange.program.data_dir().to_owned();
    let damage = "nothing of this is a journal\n".repeat(40);
    let files: Vec<_> = fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    expect("the data folder has files").that(!files.is_empty(), "no file");
    for file in &files {
        fs::write(file, &damage).expect("a file can be written");
    }
    let ended = Launch::service().data_dir_at(&folder).run_to_end();
    expect("a damaged journal is exit status 1").eq(ended.code, Some(1));
    expect("and one line on stderr").eq(ended.stderr.lines().count(), 1);
    let kept = files.iter().all(|file| harness::read_written(file) == damage.as_bytes());
    expect("nothing is overwritten").that(kept, "a file has changed");
}
