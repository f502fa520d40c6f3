use crate::visible::support::Store;
use harness::{expect, random};

/// `count` points, one each microsecond, newest first.
fn backwards(count: i64, value: impl Fn(i64) -> i64) -> String {
    (1..=count).rev().map(|n| format!("air v={}i {}\n", value(n), n * 1_000)).collect()
}

#[tokio::test]
async fn all_of_them_can_be_read_in_parts() {
    let store = Store::start().await;
    store.write(&backwards(20_000, |n| n)).await;
    let mut read: Vec<i64> = Vec::new();
    let mut after = 0;
    for part in 0..3 {
        let reply = store.ask(&format!("SELECT v FROM air WHERE time > {after}")).await;
        let series = reply.json().pointer("/results/0/series/0").cloned().unwrap_or_default();
        let rows: Vec<[i64; 2]> = serde_json::from_value(series["values"].clone()).unwrap_or_default();
        let is_partial = series.get("partial").is_some();
        expect("a reply has 10000 rows at most, and says partial when there are more")
            .request(reply.curl())
            .eq((rows.len(), is_partial), [(10_000, true), (10_000, false), (0, false)][part]);
        after = rows.last().map_or(after, |row| row[0]);
        read.extend(rows.iter().map(|row| row[1]));
    }
    expect("together they are all, in order")
        .that(read == (1..=20_000).collect::<Vec<_>>(), format!("{} rows", read.len()));
}

#[tokio::test]
async fn written_again_they_are_not_doubled() {
    let store = Store::start().await;
    store.write(&backwards(20_000, |n| n)).await;
    let mut random = random();
    let offset = random.between(1..=1_000);
    store.write(&backwards(20_000, |n| n + offset)).await;
    let wanted = f64::from(u32::try_from(20_000 * 20_001 / 2 + 20_000 * offset).unwrap());
    expect("the later values have replaced the earlier ones")
        .eq(store.number("SELECT sum(v) FROM air").await, Some(wanted));
    expect("there are still 20000").eq(store.number("SELECT count(v) FROM air").await, Some(20_000.0));
}
