//! The tests of day 18 that learners can read. Each module is a checkpoint.

pub mod support;

mod write_and_select {
    use super::support::Store;
    use serde_json::json;

    #[tokio::test]
    async fn ping_says_who_answers() {
        let store = Store::start().await;
        for method in ["GET", "HEAD"] {
            let reply = store.http.call(method, "/ping").send().await;
            reply.expect("a ping gets 204 and no body").status(204).body("");
            let version = reply.header("x-influxdb-version").unwrap_or_default();
            harness::expect("X-Influxdb-Version begins with 1.")
                .request(reply.curl())
                .that(version.starts_with("1."), version);
            harness::expect("X-Influxdb-Build is there")
                .that(reply.header("x-influxdb-build").is_some(), reply.describe());
        }
    }

    #[tokio::test]
    async fn what_is_written_can_be_read() {
        let store = Store::start().await;
        store.write("air,room=hall degrees=21.5,open=t 2000\nair,room=attic degrees=9,note=\"cold\" 1000").await;
        store
            .expect_rows(
                "the columns are as asked for, the rows in order of time, and null where a point has no value",
                "SELECT degrees, open, room, note FROM air",
                &["time", "degrees", "open", "room", "note"],
                json!([[1000, 9, null, "attic", "cold"], [2000, 21.5, true, "hall", null]]),
            )
            .await;
        store.expect_nothing("a measurement that nobody wrote has no series", "SELECT degrees FROM water").await;
    }

    #[tokio::test]
    async fn fields_of_the_same_moment_are_one_point() {
        let store = Store::start().await;
        store.write("air,room=hall degrees=20 1000").await;
        store.write("air,room=hall humidity=55i 1000\nair,room=attic degrees=7 1000").await;
        store.write("air,room=hall degrees=21 1000").await;
        store
            .expect_rows(
                "a later value replaces the earlier one, and the other fields stay",
                "SELECT degrees, humidity FROM air WHERE room = 'hall'",
                &["time", "degrees", "humidity"],
                json!([[1000, 21, 55]]),
            )
            .await;
    }
}

mod aggregates {
    use super::support::Store;
    use serde_json::json;

    #[tokio::test]
    async fn seven_functions() {
        let store = Store::start().await;
        store.write("air v=4 3000\nair v=1.5 1000\nair v=2 2000\nair v=0.5 4000").await;
        store
            .expect_rows(
                "each function has a column of its name, and the row the time 0",
                "SELECT count(v), first(v), last(v), max(v), mean(v), min(v), sum(v) FROM air",
                &["time", "count", "first", "last", "max", "mean", "min", "sum"],
                json!([[0, 4, 1.5, 0.5, 4, 2, 0.5, 8]]),
            )
            .await;
    }

    #[tokio::test]
    async fn the_time_of_a_row_says_what_it_is_about() {
        let store = Store::start().await;
        store.write("air v=4 3000\nair v=1 1000\nair v=2 2000").await;
        let ask = "SELECT max(v) FROM air WHERE time >= 500 AND time < 9000";
        store.expect_rows("a point that was chosen keeps its time", ask, &["time", "max"], json!([[3000, 4]])).await;
        let ask = "SELECT sum(v) FROM air WHERE time > 1000 AND time < 9000";
        store.expect_rows("a sum gets the first time asked for", ask, &["time", "sum"], json!([[1001, 6]])).await;
    }
}

mod group_by_time {
    use super::support::Store;
    use serde_json::json;

    #[tokio::test]
    async fn every_interval_has_a_row() {
        let store = Store::start().await;
        store.write_with("&precision=s", "air v=1 3\nair v=2 17\nair v=6 42").await;
        store
            .expect_rows(
                "intervals begin at multiples of their length; an empty one has null, and 0 where it counts",
                "SELECT mean(v), count(v) FROM air WHERE time >= 10s AND time < 60s GROUP BY time(20s)",
                &["time", "mean", "count"],
                json!([[0, 2, 1], [20_000_000_000_i64, null, 0], [40_000_000_000_i64, 6, 1]]),
            )
            .await;
    }

    #[tokio::test]
    async fn too_many_intervals_are_an_error() {
        let store = Store::with(&["--max-buckets", "100"]).await;
        store.write_with("&precision=s", "air v=1 3").await;
        store
            .expect_error(
                "a hundred and one intervals are too many",
                "SELECT mean(v) FROM air WHERE time >= 0s AND time < 1010s GROUP BY time(10s)",
                "max-select-buckets limit exceeded: (101/100)",
            )
            .await;
        let rows = store.rows("SELECT mean(v) FROM air WHERE time >= 0s AND time < 1000s GROUP BY time(10s)").await;
        harness::expect("a hundred are not").eq(rows.len(), 100);
    }
}

mod line_protocol_escapes {
    use super::support::Store;
    use serde_json::json;

    #[tokio::test]
    async fn commas_spaces_and_equals_signs() {
        let store = Store::start().await;
        store.write(r"my\ room,build\,ing=a\=b\ c,floor=1 inner\ air=1.5,x\=y=2 7").await;
        store
            .expect_rows(
                "a backslash before a comma, a space or an equals sign makes it part of the name",
                r#"SELECT "inner air", "x=y", "build,ing", floor FROM "my room""#,
                &["time", "inner air", "x=y", "build,ing", "floor"],
                json!([[7, 1.5, 2, "a=b c", "1"]]),
            )
            .await;
    }

    #[tokio::test]
    async fn strings_hold_anything() {
        let store = Store::start().await;
        store.write("log text=\"a, b=c \\\"d\\\" \\\\ e\nf\",n=1 5\nlog n=2 6").await;
        store
            .expect_rows(
                "in quotes a comma, a space, an equals sign and a line feed are nothing special",
                "SELECT text, n FROM log",
                &["time", "text", "n"],
                json!([[5, "a, b=c \"d\" \\ e\nf", 1], [6, null, 2]]),
            )
            .await;
    }
}

mod precision {
    use super::support::Store;
    use serde_json::json;

    /// What is 7 of each unit, in nanoseconds.
    const UNITS: [(&str, i64); 6] = [
        ("ns", 7),
        ("u", 7_000),
        ("ms", 7_000_000),
        ("s", 7_000_000_000),
        ("m", 420_000_000_000),
        ("h", 25_200_000_000_000),
    ];

    #[tokio::test]
    async fn writes_say_the_unit_of_their_times() {
        let store = Store::start().await;
        for (unit, time) in UNITS {
            store.write_with(&format!("&precision={unit}"), &format!("in_{unit} v=1 7")).await;
            let ask = format!("SELECT v FROM in_{unit}");
            let what = format!("7 with precision={unit} are {time} ns");
            store.expect_rows(&what, &ask, &["time", "v"], json!([[time, 1]])).await;
        }
    }

    #[tokio::test]
    async fn readers_choose_the_unit_of_the_answer() {
        let store = Store::start().await;
        store.write("air v=1 1700000000123456789").await;
        let mut wanted: Vec<_> = UNITS
            .iter()
            .map(|(unit, time)| (format!("&epoch={unit}"), json!(1_700_000_000_123_456_789 / (time / 7))))
            .collect();
        wanted.push((String::new(), json!("2023-11-14T22:13:20.123456789Z")));
        for (parameter, time) in wanted {
            let reply = store.ask_with(&parameter, "SELECT v FROM air").await;
            reply.expect("a SELECT gets 200").status(200);
            let found = reply.at("/results/0/series/0/values/0/0");
            harness::expect("times come in the unit that epoch names, cut off, and without it as RFC 3339")
                .request(reply.curl())
                .eq(found, time);
        }
    }
}

mod partial_write_type_conflict {
    use super::support::Store;
    use serde_json::json;

    #[tokio::test]
    async fn a_bad_line_does_not_spoil_the_others() {
        let store = Store::start().await;
        let lines = "air v=1 1\nair v=oops 2\nair v=3 3";
        store.write_in_part("the bad line is named", lines, &["partial write", "unable to parse 'air v=oops 2'"]).await;
        let rows = json!([[1, 1], [3, 3]]);
        store.expect_rows("the others are stored", "SELECT v FROM air", &["time", "v"], rows).await;
    }

    #[tokio::test]
    async fn a_field_keeps_its_type() {
        let store = Store::start().await;
        store.write("air v=1.5 1").await;
        let conflict = "field type conflict: input field \"v\" on measurement \"air\" is type integer, already exists as \
                        type float";
        store
            .write_in_part(
                "a type conflict is explained",
                "air v=2i 2\nair v=3 3",
                &["partial write", conflict, "dropped=1"],
            )
            .await;
        let rows = json!([[1, 1.5], [3, 3]]);
        store.expect_rows("what fits is stored", "SELECT v FROM air", &["time", "v"], rows).await;
    }
}

mod out_of_order_20k {
    use super::support::Store;
    use harness::{expect, random};

    #[tokio::test]
    async fn twenty_thousand_points_in_any_order() {
        let store = Store::start().await;
        let mut random = random();
        let mut points: Vec<i64> = (1..=20_000).collect();
        random.shuffle(&mut points);
        let batches: Vec<String> = points
            .chunks(2_000)
            .map(|batch| batch.iter().map(|n| format!("air,room=r{} v={n}i {n}\n", n % 5)).collect())
            .collect();
        let client = store.client();
        harness_net::together(batches.len(), |number| {
            let (client, batch) = (client.clone(), batches[number].clone());
            async move { client.write(&batch).await }
        })
        .await;
        let rows = store.rows("SELECT count(v), sum(v), first(v), last(v) FROM air").await;
        let row: Vec<_> = rows.iter().flatten().filter_map(serde_json::Value::as_i64).skip(1).collect();
        expect("nothing is lost, and first and last go by time, not by arrival")
            .eq(row, vec![20_000, 200_010_000, 1, 20_000]);
        let rows = store.rows("SELECT v FROM air WHERE time > 19000 LIMIT 2000").await;
        let times: Vec<_> = rows.iter().filter_map(|row| row[0].as_i64()).collect();
        expect("rows come in order of time").that(times == (19_001..=20_000).collect::<Vec<_>>(), format!("{times:?}"));
    }
}

mod kill9 {
    use super::support::Store;
    use harness_net::write_until_killed;

    #[tokio::test]
    async fn what_was_acknowledged_is_there() {
        let mut store = Store::start().await;
        let client = store.client();
        let acknowledged = write_until_killed(&mut store.program, 4, 60, move |writer, number| {
            let client = client.clone();
            async move {
                let line = format!("air,writer=w{writer} v={number}i {}", number + 1);
                let call = client.http.post("/write?db=home").body(line);
                call.try_send().await.ok().filter(|reply| reply.status == 204).map(|_| (writer, number))
            }
        })
        .await;
        store.start_again();
        let mut stored = std::collections::BTreeSet::new();
        for writer in 0..4 {
            let rows = store.rows(&format!("SELECT v FROM air WHERE writer = 'w{writer}'")).await;
            let numbers = rows.iter().filter_map(|row| usize::try_from(row[1].as_i64()?).ok());
            stored.extend(numbers.map(|number| (writer, number)));
        }
        acknowledged.expect_all_in(&stored);
    }
}

mod fill {
    use super::support::Store;
    use serde_json::json;

    #[tokio::test]
    async fn empty_intervals_are_filled_as_asked() {
        let store = Store::start().await;
        store.write("air v=1 0\nair v=4 30").await;
        let wanted = [
            ("fill(null)", json!([[0, 1], [10, null], [20, null], [30, 4], [40, null]])),
            ("fill(none)", json!([[0, 1], [30, 4]])),
            ("fill(-7)", json!([[0, 1], [10, -7], [20, -7], [30, 4], [40, -7]])),
            ("fill(previous)", json!([[0, 1], [10, 1], [20, 1], [30, 4], [40, 4]])),
        ];
        for (fill, rows) in wanted {
            let ask = format!("SELECT sum(v) FROM air WHERE time >= 0 AND time < 50 GROUP BY time(10ns) {fill}");
            store.expect_rows(&format!("with {fill}"), &ask, &["time", "sum"], rows).await;
        }
    }
}

mod retention_and_downsampling {
    use super::support::{Store, now_ns};
    use serde_json::json;

    #[tokio::test]
    async fn a_select_can_write() {
        let store = Store::start().await;
        let lines = "air,room=hall v=1 0\nair,room=hall v=2 10\nair,room=attic v=5 70\nair,room=hall v=7 130";
        store.write_with("&precision=s", lines).await;
        let ask = "SELECT mean(v) AS v, count(v) AS n INTO air_1m FROM air WHERE time >= 0s AND time < 180s \
                   GROUP BY time(1m), room fill(none)";
        let reply = store.try_change(ask).await;
        let written = reply.at("/results/0/series/0/values/0/1");
        harness::expect("the answer says how many points were written").request(reply.curl()).eq(written, json!(3));
        store
            .expect_rows(
                "each row is a point, and the tags of its group are its tags",
                "SELECT room, v, n FROM air_1m",
                &["time", "room", "v", "n"],
                json!([[0, "hall", 1.5, 2], [60_000_000_000_i64, "attic", 5, 1], [120_000_000_000_i64, "hall", 7, 1]]),
            )
            .await;
    }

    #[tokio::test]
    async fn what_is_too_old_is_not_taken() {
        let store = Store::start().await;
        store.change("CREATE RETENTION POLICY hot ON home DURATION 1d REPLICATION 1").await;
        let now = now_ns() / 1_000_000_000;
        let lines = format!("air v=1 {}\nair v=2 {now}", now - 30 * 24 * 3600);
        let reply = store.try_write("&precision=s&rp=hot", &lines).await;
        reply.expect("a point of last month does not go into a policy of one day").status(400);
        harness::expect("and the answer says so")
            .request(reply.curl())
            .contains(&reply.text(), "partial write: points beyond retention policy dropped=1");
        let rows = store.rows("SELECT v FROM hot.air").await;
        harness::expect("the point of today is stored").eq(rows.len(), 1);
        store.expect_nothing("and only in the policy that was named", "SELECT v FROM air").await;
    }
}
