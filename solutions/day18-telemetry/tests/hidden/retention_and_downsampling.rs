use super::model;
use crate::visible::support::{Store, now_ns};
use harness::{expect, random};
use harness_net::eventually;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn downsampling_random_values() {
    let store = Store::start().await;
    let samples = model::samples(&mut random(), 200, 0..10_000);
    store.write(&model::lines(&samples)).await;
    store.change("CREATE RETENTION POLICY kept ON home DURATION INF REPLICATION 1").await;
    let range = "WHERE time >= 0 AND time < 10000 GROUP BY time(1u), room";
    store.change(&format!("SELECT mean(v) AS v, max(v) AS top INTO kept.air_u FROM air {range}")).await;
    let direct = store
        .ask(&format!("SELECT mean(v) AS v, max(v) AS top FROM air {range} fill(none)"))
        .await
        .at("/results/0/series");
    let stored = store.ask("SELECT v, top FROM kept.air_u GROUP BY room").await.at("/results/0/series");
    let rows = |series: &Value| -> Vec<(Value, Value)> {
        series.as_array().into_iter().flatten().map(|one| (one["tags"].clone(), one["values"].clone())).collect()
    };
    expect("what was written is what the SELECT gives").eq(rows(&stored), rows(&direct));
    let again = store.try_change(&format!("SELECT mean(v) AS v, max(v) AS top INTO kept.air_u FROM air {range}")).await;
    again.expect("it can be done again").status(200).json_at("/results/0/series/0/name", "result");
    let count = store.number("SELECT count(v) FROM kept.air_u").await;
    store.change("SELECT v INTO copy FROM air GROUP BY *").await;
    expect("and is not doubled").eq(store.number("SELECT count(v) FROM kept.air_u").await, count);
    expect("points can be copied, too").eq(store.number("SELECT count(v) FROM copy").await, Some(200.0));
}

#[tokio::test]
async fn policies_are_apart_and_one_is_the_default() {
    let store = Store::start().await;
    store.write("air v=1 1").await;
    let make = "CREATE RETENTION POLICY \"ten weeks\" ON home DURATION 10w REPLICATION 1";
    store.change(make).await;
    store.change(make).await;
    let reply = store.try_change("CREATE RETENTION POLICY \"ten weeks\" ON home DURATION 1w REPLICATION 1").await;
    reply
        .expect("the same name with another duration")
        .status(200)
        .json_at("/results/0/error", "retention policy already exists");
    let reply = store.try_change("CREATE RETENTION POLICY x ON nowhere DURATION 1w REPLICATION 1").await;
    reply.expect("a database that is not there").status(200).json_at("/results/0/error", "database not found: nowhere");
    store.write_with("&rp=ten%20weeks", "air v=2").await;
    let rows = json!([[1, 1]]);
    store.expect_rows("the first default is autogen", "SELECT v FROM air", &["time", "v"], rows.clone()).await;
    store.change("CREATE RETENTION POLICY new ON home DURATION INF REPLICATION 1 DEFAULT").await;
    store.write("air v=3 3").await;
    store.expect_rows("another can take its place", "SELECT v FROM air", &["time", "v"], json!([[3, 3]])).await;
    store.expect_rows("what was before stays where it is", "SELECT v FROM autogen.air", &["time", "v"], rows).await;
    store.expect_error("a policy has to be there", "SELECT v FROM nope.air", "retention policy not found: nope").await;
    let reply = store.try_write("&rp=nope", "air v=1").await;
    reply.expect("also for a write").status_in(&[404, 500]).contains("retention policy not found: nope");
}

#[tokio::test]
async fn what_has_expired_is_not_shown() {
    let store = Store::start().await;
    store.change("CREATE RETENTION POLICY hour ON home DURATION 1h REPLICATION 1").await;
    // A point that has almost expired. On a slow machine it may arrive too late, and then a younger one is tried.
    for moment in [500, 2_000, 8_000] {
        let now = now_ns() / 1_000_000;
        let time = now - 3_600_000 + moment;
        if store.try_write("&rp=hour&precision=ms", &format!("air v=1 {time}\nair v=2 {now}")).await.status == 204 {
            break;
        }
    }
    eventually("a point older than its policy allows is not shown", Duration::from_secs(20), || async {
        let rows = store.rows("SELECT v FROM hour.air").await;
        (rows.len() == 1 && rows[0][1].as_f64() == Some(2.0)).then_some(())
    })
    .await;
    expect("nor counted").eq(store.number("SELECT count(v) FROM hour.air").await, Some(1.0));
}

#[tokio::test]
async fn policies_are_there_after_a_kill() {
    let mut store = Store::start().await;
    store.change("CREATE RETENTION POLICY year ON home DURATION 52w REPLICATION 1 DEFAULT").await;
    store.write("air v=1").await;
    store.program.kill();
    store.start_again();
    expect("the point is in the policy").eq(store.number("SELECT count(v) FROM year.air").await, Some(1.0));
    store.write("air v=2").await;
    expect("which is still the default").eq(store.number("SELECT count(v) FROM air").await, Some(2.0));
}
