use super::{influx, model};
use crate::visible::support::{Store, alike};
use harness::{expect, random};
use influxdb::ReadQuery;
use serde_json::json;

#[tokio::test]
async fn random_values_by_room() {
    let store = Store::start().await;
    let samples = model::samples(&mut random(), 300, 1..1_000_000);
    store.write(&model::lines(&samples)).await;
    let (from, to) = (200_000, 900_000);
    let columns = ["time", "count", "first", "last", "max", "mean", "min", "sum"];
    let mut series = Vec::new();
    for (room, name) in model::ROOMS.iter().enumerate() {
        let own = samples.iter().filter(|one| one.room == room && (from..to).contains(&one.time));
        if let Some([count, first, last, max, mean, min, sum]) = model::aggregates(own) {
            let row = json!([from, count, first, last, max, mean, min, sum]);
            series.push(json!({"name": "air", "tags": {"room": name}, "columns": columns, "values": [row]}));
        }
    }
    let ask = format!("SELECT {} FROM air WHERE time >= {from} AND time < {to} GROUP BY room", model::FUNCTIONS);
    let reply = store.ask(&ask).await;
    let found = reply.at("/results/0/series");
    let near = |text: &serde_json::Value| round(text);
    expect("each room has its own aggregates")
        .request(reply.curl())
        .expected(json!(series).to_string())
        .that(alike(&near(&found), &near(&json!(series))), &found);
}

/// Means are quotients: whoever adds in another order may differ in the last digits.
fn round(value: &serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Number(number) => match number.as_f64() {
            Some(float) => json!((float * 1e6).round() / 1e6),
            None => value.clone(),
        },
        serde_json::Value::Array(values) => values.iter().map(round).collect(),
        serde_json::Value::Object(values) => values.iter().map(|(key, value)| (key.clone(), round(value))).collect(),
        _ => value.clone(),
    }
}

#[tokio::test]
async fn the_one_that_was_chosen_brings_its_time() {
    let store = Store::start().await;
    let samples = model::samples(&mut random(), 100, 1..1_000_000);
    // The values are made different, so that only one can be the largest.
    let lines: String =
        samples.iter().enumerate().map(|(n, one)| format!("air,n={} v={n}i {}\n", n % 7, one.time)).collect();
    store.write(&lines).await;
    let time = |n: usize| samples[n].time;
    let place = |time: i64| samples.iter().position(|one| one.time == time);
    let (first, last) =
        (samples.iter().map(|one| one.time).min().unwrap(), samples.iter().map(|one| one.time).max().unwrap());
    for (function, row) in [
        ("max", json!([time(99), 99])),
        ("min", json!([time(0), 0])),
        ("first", json!([first, place(first)])),
        ("last", json!([last, place(last)])),
    ] {
        let ask = format!("SELECT {function}(v) FROM air WHERE time > 0");
        store.expect_rows("a single choice keeps its time", &ask, &["time", function], json!([row])).await;
    }
}

#[tokio::test]
async fn whole_numbers_stay_whole() {
    let store = Store::start().await;
    store.write("air v=9007199254740993i 1\nair v=2i 2\nair v=4i 3").await;
    store
        .expect_rows(
            "sum, min, max, first and last of integers are integers, exact beyond 2^53; a mean need not be whole",
            "SELECT sum(v), max(v), min(v), first(v), last(v) FROM air",
            &["time", "sum", "max", "min", "first", "last"],
            json!([[0, 9_007_199_254_740_999_i64, 9_007_199_254_740_993_i64, 2, 9_007_199_254_740_993_i64, 4]]),
        )
        .await;
    let ask = "SELECT mean(v) FROM air WHERE time > 1";
    expect("the mean of 2 and 4 is 3").eq(store.number(ask).await, Some(3.0));
    store.write("air v=3i 2").await;
    expect("the mean of 3 and 4 is 3.5").eq(store.number(ask).await, Some(3.5));
}

#[tokio::test]
async fn texts_can_be_counted_and_chosen() {
    let store = Store::start().await;
    store.write("log text=\"b\",lit=t 1\nlog text=\"a\" 2\nlog n=1 3").await;
    store
        .expect_rows(
            "count, first and last take any field; points without it do not count",
            "SELECT count(text), first(text), last(text), count(lit), last(lit) FROM log",
            &["time", "count", "first", "last", "count_1", "last_1"],
            json!([[0, 2, "b", "a", 1, true]]),
        )
        .await;
    for function in ["mean", "sum", "min", "max"] {
        store.expect_error("of texts there is none", &format!("SELECT {function}(text) FROM log"), function).await;
    }
}

#[tokio::test]
async fn columns_have_names() {
    let store = Store::start().await;
    store.write("air v=1,w=3 1").await;
    store
        .expect_rows(
            "AS names a column, and equal names are numbered",
            "SELECT mean(v), mean(w), mean(v), max(w) AS \"the most\" FROM air",
            &["time", "mean", "mean_1", "mean_2", "the most"],
            json!([[0, 1, 3, 1, 3]]),
        )
        .await;
    store.expect_error("there is no such function", "SELECT frob(v) FROM air", "undefined function frob()").await;
    let mixed = "mixing aggregate and non-aggregate queries is not supported";
    store.expect_error("points and aggregates do not go together", "SELECT v, mean(v) FROM air", mixed).await;
    store
        .expect_nothing("of nothing there is no aggregate, not even 0", "SELECT count(v) FROM air WHERE time > 5")
        .await;
    store.expect_nothing("nor of a field that is not there", "SELECT count(nope) FROM air").await;
}

#[tokio::test]
async fn the_crate_reads_groups() {
    let store = Store::start().await;
    store.write("air,room=hall v=1 1\nair,room=attic v=2 2\nair,room=hall v=3 3").await;
    #[derive(serde::Deserialize)]
    struct Room {
        room: String,
    }
    #[derive(serde::Deserialize)]
    struct Mean {
        mean: f64,
    }
    let mut answer = influx(&store).json_query(ReadQuery::new("SELECT mean(v) FROM air GROUP BY room")).await.unwrap();
    let series = answer.deserialize_next_tagged::<Room, Mean>().unwrap().series;
    let means: Vec<_> = series.into_iter().map(|one| (one.tags.room, one.values[0].mean)).collect();
    expect("the crate gets the mean of each room").eq(means, vec![("attic".to_owned(), 2.0), ("hall".to_owned(), 2.0)]);
}
