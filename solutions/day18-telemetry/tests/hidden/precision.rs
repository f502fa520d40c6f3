use super::influx;
use crate::visible::support::{Store, now_ns};
use harness::{expect, random};
use influxdb::{InfluxDbWriteable as _, Timestamp};
use serde_json::json;

#[tokio::test]
async fn the_crate_names_its_units() {
    let store = Store::start().await;
    let client = influx(&store);
    let amount = random().between(1..=9_000);
    let number = u128::try_from(amount).unwrap();
    for (name, timestamp, unit) in [
        ("ns", Timestamp::Nanoseconds(number), 1),
        ("us", Timestamp::Microseconds(number), 1_000),
        ("ms", Timestamp::Milliseconds(number), 1_000_000),
        ("s", Timestamp::Seconds(number), 1_000_000_000),
        ("m", Timestamp::Minutes(number), 60_000_000_000),
        ("h", Timestamp::Hours(number), 3_600_000_000_000_i64),
    ] {
        client.query(timestamp.try_into_query(name).unwrap().add_field("v", 1)).await.unwrap();
        let ask = format!("SELECT v FROM {name}");
        store.expect_rows("the time is stored in nanoseconds", &ask, &["time", "v"], json!([[amount * unit, 1]])).await;
    }
}

#[tokio::test]
async fn a_line_without_a_time_gets_that_of_the_server() {
    let store = Store::start().await;
    for (unit, length) in [("ns", 1), ("ms", 1_000_000), ("s", 1_000_000_000), ("h", 3_600_000_000_000)] {
        let before = now_ns();
        store.write_with(&format!("&precision={unit}"), &format!("in_{unit} v=1")).await;
        let after = now_ns();
        let rows = store.rows(&format!("SELECT v FROM in_{unit}")).await;
        let time = rows.first().and_then(|row| row[0].as_i64()).unwrap_or_default();
        expect(format!("it is the time of the write, rounded down to {unit}"))
            .expected(format!("a multiple of {length} from {} to {after}", before - before % length))
            .that(time % length == 0 && (before - before % length..=after).contains(&time), time);
    }
}

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let store = Store::start().await;
    for (unit, time) in
        [("s", "9223372036854775"), ("h", "9999999999"), ("ns", "99999999999999999999"), ("ns", "9223372036854775807")]
    {
        let reply = store.try_write(&format!("&precision={unit}"), &format!("air v=1 {time}")).await;
        reply.expect("a time that does not fit into 64 bits of nanoseconds").status(400).contains("unable to parse");
    }
    store.write_with("&precision=s", "air v=1 9223372036\nair v=2 -9223372036").await;
    let rows = json!([[-9_223_372_036_000_000_000_i64, 2], [9_223_372_036_000_000_000_i64, 1]]);
    store.expect_rows("the years 1677 and 2262 fit", "SELECT v FROM air", &["time", "v"], rows).await;
}

#[tokio::test]
async fn an_unknown_unit_is_refused() {
    let store = Store::start().await;
    let reply = store.try_write("&precision=fortnight", "air v=1 1").await;
    reply.expect("an unknown precision gets 400").status(400).contains("fortnight");
    let reply = store.ask_with("&epoch=fortnight", "SELECT v FROM air").await;
    reply.expect("and so does an unknown epoch").status(400).contains("fortnight");
    store.expect_nothing("nothing was stored", "SELECT v FROM air").await;
}
