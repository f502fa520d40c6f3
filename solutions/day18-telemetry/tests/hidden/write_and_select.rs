use super::influx;
use crate::visible::support::{Store, alike};
use harness::{expect, random};
use influxdb::{InfluxDbWriteable as _, ReadQuery, Timestamp, WriteQuery};
use serde_json::{Value, json};

#[tokio::test]
async fn the_crate_pings_writes_and_reads() {
    let store = Store::start().await;
    let client = influx(&store);
    let (_, version) = client.ping().await.unwrap();
    expect("the crate finds a version").that(version.starts_with("1."), version);
    let mut random = random();
    let mut wanted = Vec::new();
    let mut writes: Vec<WriteQuery> = Vec::new();
    for time in 1..=20_u128 {
        let (degrees, count) =
            (f64::from(u8::try_from(random.between(0..=200)).unwrap()) / 8.0, random.between(-9..=9));
        let (words, open) = (random.words(2), random.one_in(2));
        let write = Timestamp::Nanoseconds(time).try_into_query("air").unwrap();
        let write = write.add_tag("room", "hall").add_field("degrees", degrees).add_field("count", count);
        writes.push(write.add_field("words", words.as_str()).add_field("open", open));
        wanted.push(json!([time, count, degrees, open, "hall", words]));
    }
    client.query(writes).await.unwrap();
    let mut answer =
        client.json_query(ReadQuery::new("SELECT count, degrees, open, room, words FROM air")).await.unwrap();
    #[derive(Debug, serde::Deserialize)]
    struct Air {
        count: i64,
        degrees: f64,
        open: bool,
        room: String,
        words: String,
    }
    let series = answer.deserialize_next::<Air>().unwrap().series;
    expect("one series is called air").eq(series.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), vec!["air"]);
    let read = series[0].values.iter().zip(1..);
    let read = read.map(|(air, time)| json!([time, air.count, air.degrees, air.open, air.room, air.words]));
    let read: Vec<Value> = read.collect();
    expect("what the crate wrote is what it reads").that(alike(&json!(read), &json!(wanted)), json!(read));
}

#[tokio::test]
async fn a_star_is_every_field_and_tag() {
    let store = Store::start().await;
    store.write("air,room=hall,floor=1 v=1,b=t 1\nair,room=attic v=2,a=\"x\" 2\nair c=3i 3").await;
    store
        .expect_rows(
            "columns are in alphabetical order, fields and tags together; a tag that is absent is null",
            "SELECT * FROM air",
            &["time", "a", "b", "c", "floor", "room", "v"],
            json!([
                [1, null, true, null, "1", "hall", 1],
                [2, "x", null, null, null, "attic", 2],
                [3, null, null, 3, null, null, null]
            ]),
        )
        .await;
    store
        .expect_series(
            "grouped by all tags, the tags are no columns, and an absent tag is an empty text",
            "SELECT * FROM air GROUP BY *",
            &json!([
                {"name": "air", "tags": {"floor": "", "room": ""}, "columns": ["time", "a", "b", "c", "v"],
                 "values": [[3, null, null, 3, null]]},
                {"name": "air", "tags": {"floor": "", "room": "attic"}, "columns": ["time", "a", "b", "c", "v"],
                 "values": [[2, "x", null, null, 2]]},
                {"name": "air", "tags": {"floor": "1", "room": "hall"}, "columns": ["time", "a", "b", "c", "v"],
                 "values": [[1, null, true, null, 1]]},
            ]),
        )
        .await;
    store.expect_nothing("a tag alone makes no row", "SELECT room FROM air").await;
    let columns = ["time", "room", "c"];
    store.expect_rows("a row has a field", "SELECT room, c FROM air", &columns, json!([[3, null, 3]])).await;
}

#[tokio::test]
async fn conditions_choose_by_time_and_tag() {
    let store = Store::start().await;
    store.write("air,room=hall v=1 10\nair,room=attic v=2 20\nair,room=hall v=3 30\nair v=4 40").await;
    for (condition, values) in [
        ("time > 10 AND time <= 30", vec![2, 3]),
        ("time >= 10 AND time < 30", vec![1, 2]),
        ("time = 30", vec![3]),
        ("time > 1d", vec![]),
        ("time <= '1970-01-01T00:00:00.00000002Z'", vec![1, 2]),
        ("time < now() - 1h", vec![1, 2, 3, 4]),
        ("time > now() - 1h", vec![]),
        ("room = 'hall'", vec![1, 3]),
        ("room != 'hall'", vec![2, 4]),
        ("room = ''", vec![4]),
        ("room != '' AND time > 10", vec![2, 3]),
        ("room = 'hall' AND floor = ''", vec![1, 3]),
        ("\"room\" = 'it\\'s'", vec![]),
    ] {
        let rows = store.rows(&format!("SELECT v FROM air WHERE {condition}")).await;
        let found: Vec<_> = rows.iter().filter_map(|row| row[1].as_f64()).collect();
        expect(format!("WHERE {condition}")).eq(found, values.into_iter().map(f64::from).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_part_of_the_rows() {
    let store = Store::start().await;
    store.write("air,r=a v=1 10\nair,r=b v=2 20\nair,r=a v=3 30\nair,r=a v=4,w=1 40\nair,r=b w=5 50").await;
    let columns = ["time", "v"];
    let ask = "SELECT v FROM air ORDER BY time DESC LIMIT 2 OFFSET 1";
    store.expect_rows("newest first, all but one, two of them", ask, &columns, json!([[30, 3], [20, 2]])).await;
    store
        .expect_series(
            "LIMIT counts in each group",
            "select v from air group by r order by time asc limit 1",
            &json!([
                {"name": "air", "tags": {"r": "a"}, "columns": columns, "values": [[10, 1]]},
                {"name": "air", "tags": {"r": "b"}, "columns": columns, "values": [[20, 2]]},
            ]),
        )
        .await;
}

#[tokio::test]
async fn a_reply_is_never_larger_than_allowed() {
    let store = Store::with(&["--max-rows", "5"]).await;
    let lines: String = (1..=9).map(|n| format!("air,room=r{} v={n} {n}\n", n % 2)).collect();
    store.write(&lines).await;
    for (ask, rows, partial) in [
        ("SELECT v FROM air", 5, true),
        ("SELECT v FROM air LIMIT 5", 5, false),
        ("SELECT v FROM air LIMIT 6", 5, true),
        ("SELECT v FROM air WHERE room = 'r0'", 4, false),
        ("SELECT sum(v) FROM air WHERE time >= 0 AND time < 60 GROUP BY time(10ns)", 5, true),
    ] {
        let reply = store.ask(ask).await;
        let found = reply.at("/results/0/series/0/values").as_array().map_or(0, Vec::len);
        expect("a reply has at most --max-rows rows").request(reply.curl()).eq(found, rows);
        let series = reply.at("/results/0/series/0");
        let is_partial = series.get("partial") == Some(&json!(true));
        expect("and says partial when there would be more").request(reply.curl()).eq(is_partial, partial);
    }
    let reply = store.ask("SELECT v FROM air GROUP BY room").await;
    let rows = |series: &str| reply.json().pointer(series).and_then(Value::as_array).map(Vec::len);
    let found = (rows("/results/0/series/0/values"), rows("/results/0/series/1/values"));
    expect("the limit is for all series of a reply together").request(reply.curl()).eq(found, (Some(4), Some(1)));
}

#[tokio::test]
async fn databases_are_apart() {
    let store = Store::start().await;
    store.write("air v=1 1").await;
    store.change("CREATE DATABASE \"second home\"").await;
    store.change("CREATE DATABASE home").await;
    let reply = store.ask("SHOW DATABASES").await;
    reply
        .expect("databases are listed as they were made")
        .json_at("/results/0/series/0/values", json!([["home"], ["second home"]]));
    store.write("water v=1 1").await;
    let reply = store.ask("SHOW MEASUREMENTS; SELECT v FROM air").await;
    reply.expect("measurements are listed by name").json_at("/results/0/series/0/values", json!([["air"], ["water"]]));
    reply
        .expect("each statement has an answer")
        .json_at("/results/1/series/0/name", "air")
        .json_at("/results/1/statement_id", 1);
    let reply = store.http.post("/write?db=second%20home").body("air v=2 1").send().await;
    reply.expect("the other database can be written").status(204);
    let reply = store.http.get("/query?db=second%20home&q=SELECT%20v%20FROM%20air&epoch=ns").send().await;
    let value = reply.at("/results/0/series/0/values/0/1").as_f64();
    expect("and has what was written there").request(reply.curl()).eq(value, Some(2.0));
}

#[tokio::test]
async fn what_cannot_be_done_is_an_error() {
    let store = Store::start().await;
    let http = &store.http;
    let reply = http.post("/write").body("air v=1 1").send().await;
    reply.expect("a write names its database").status(400).json_at("/error", "database is required");
    let reply = http.post("/write?db=nowhere").body("air v=1 1").send().await;
    reply.expect("which has to be there").status(404).contains("database not found");
    let reply = http.get("/query?db=home").send().await;
    reply.expect("a query has a statement").status(400).json_at("/error", "missing required parameter \"q\"");
    let reply = http.get("/query?q=SELECT%20v%20FROM%20air").send().await;
    reply.expect("a SELECT needs a database").status(200).json_at("/results/0/error", "database name required");
    let reply = http.get("/query?db=nowhere&q=SELECT%20v%20FROM%20air").send().await;
    reply.expect("and one that is there").status(200).json_at("/results/0/error", "database not found: nowhere");
    for statement in
        ["SELEC v FROM air", "SELECT v FROM", "SELECT v FROM air WHERE", "SELECT v FROM air; SELECT", "CREATE DATABASE"]
    {
        let reply = store.ask_with("", statement).await;
        reply.expect("what cannot be read gets 400").status(400).contains("error parsing query");
    }
    http.get("/nowhere").send().await.expect("an unknown path").status(404);
    let reply = http.get("/write?db=home").send().await;
    reply.expect("/write takes POST").status(405);
    let allow = reply.header("allow").unwrap_or_default();
    expect("and says so").request(reply.curl()).contains(allow, "POST");
}
