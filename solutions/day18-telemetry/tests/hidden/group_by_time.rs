use super::model;
use crate::visible::support::Store;
use harness::{expect, random};
use serde_json::{Value, json};

#[tokio::test]
async fn random_values_by_interval_and_room() {
    let store = Store::start().await;
    let mut random = random();
    let samples = model::samples(&mut random, 300, 0..10_000);
    store.write(&model::lines(&samples)).await;
    let (length, from, to) = (random.between(300..=900), random.between(0..=3000), random.between(7000..=9999));
    let ask = format!(
        "SELECT {} FROM air WHERE time >= {from} AND time < {to} GROUP BY time({length}ns), room",
        model::FUNCTIONS
    );
    let reply = store.ask(&ask).await;
    let series = reply.at("/results/0/series");
    for (room, name) in model::ROOMS.iter().enumerate() {
        let found = series.as_array().into_iter().flatten().find(|one| one["tags"]["room"] == *name);
        let rows: Vec<Vec<Value>> =
            found.and_then(|one| serde_json::from_value(one["values"].clone()).ok()).unwrap_or_default();
        let starts: Vec<i64> = (from / length..=(to - 1) / length).map(|number| number * length).collect();
        let times: Vec<i64> = rows.iter().filter_map(|row| row[0].as_i64()).collect();
        expect("every interval from the first to the last has a row").request(reply.curl()).eq(times, starts.clone());
        for (row, start) in rows.iter().zip(starts) {
            let own = samples.iter().filter(|one| {
                one.room == room && (from..to).contains(&one.time) && (start..start + length).contains(&one.time)
            });
            let wanted: Vec<f64> = model::aggregates(own).map_or_else(|| vec![0.0], Vec::from);
            // Nulls are left out: an empty interval has only its count.
            let found: Vec<f64> = row[1..].iter().filter_map(Value::as_f64).collect();
            let equal = found.len() == wanted.len() && found.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-6);
            expect(format!("the aggregates of {name} from {start} on"))
                .request(reply.curl())
                .expected(format!("{wanted:?}"))
                .that(equal, format!("{found:?}"));
        }
    }
}

#[tokio::test]
async fn intervals_before_1970() {
    let store = Store::start().await;
    store.write("air v=1 -25\nair v=2 -20\nair v=3 -1\nair v=4 0").await;
    store
        .expect_rows(
            "an interval begins at or before its points, with negative times too",
            "SELECT sum(v) FROM air WHERE time >= -25 AND time < 10 GROUP BY time(20ns)",
            &["time", "sum"],
            json!([[-40, 1], [-20, 5], [0, 4]]),
        )
        .await;
}

#[tokio::test]
async fn a_row_has_the_time_of_its_interval() {
    let store = Store::start().await;
    store.write("air v=1 12\nair v=5 17\nair v=2 31").await;
    let ask = "SELECT max(v) FROM air WHERE time >= 11 AND time < 40 GROUP BY time(10ns)";
    let rows = json!([[10, 5], [20, null], [30, 2]]);
    store.expect_rows("also where a point was chosen", ask, &["time", "max"], rows).await;
}

#[tokio::test]
async fn without_bounds() {
    let store = Store::start().await;
    store.write("air v=1 1000\nair v=2 1045").await;
    store
        .expect_rows(
            "without a first time it begins with the first point",
            "SELECT sum(v) FROM air WHERE time < 1060 GROUP BY time(20ns)",
            &["time", "sum"],
            json!([[1000, 1], [1020, null], [1040, 2]]),
        )
        .await;
    store.write("now v=1").await;
    let rows = store.rows("SELECT sum(v) FROM now WHERE time > now() - 10m GROUP BY time(1h)").await;
    let values: Vec<_> = rows.iter().filter_map(|row| row[1].as_f64()).collect();
    expect("without a last time it ends with now").that(rows.len() <= 2 && values == [1.0], format!("{rows:?}"));
    let ask = "SELECT sum(v) FROM air WHERE time > 5000 AND time < 9000 GROUP BY time(20ns)";
    store.expect_nothing("nothing at all has no intervals", ask).await;
    let why = "GROUP BY requires at least one aggregate function";
    store.expect_error("points have no intervals", "SELECT v FROM air GROUP BY time(1m)", why).await;
}

#[tokio::test]
async fn a_part_of_the_intervals() {
    let store = Store::start().await;
    store.write("air v=1 5\nair v=2 25\nair v=3 45").await;
    store
        .expect_rows(
            "order, offset and limit count intervals",
            "SELECT sum(v) FROM air WHERE time >= 0 AND time < 60 GROUP BY time(10ns) ORDER BY time DESC LIMIT 3 OFFSET 1",
            &["time", "sum"],
            json!([[40, 3], [30, null], [20, 2]]),
        )
        .await;
}

#[tokio::test]
async fn a_million_seconds_are_too_many() {
    let store = Store::start().await;
    store.write("air v=1 1").await;
    let ask = "SELECT mean(v) FROM air WHERE time >= 0s AND time < 1000000s GROUP BY time(1s)";
    store.expect_error("it is refused at once", ask, "max-select-buckets limit exceeded: (1000000/10000)").await;
    let ask = "SELECT mean(v) FROM air WHERE time >= 1s GROUP BY time(1h)";
    store.expect_error("also when only now is the end", ask, "max-select-buckets limit exceeded").await;
    expect("the store still answers").eq(store.number("SELECT count(v) FROM air").await, Some(1.0));
}
