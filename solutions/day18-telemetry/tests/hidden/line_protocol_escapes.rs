use super::influx;
use crate::visible::support::{Store, escaped};
use harness::{Random, expect, random};
use influxdb::{InfluxDbWriteable as _, Timestamp};
use serde_json::json;

/// A name without backslash, for which line protocol has no escape, and not beginning with what means a comment.
fn name(random: &mut Random) -> String {
    const LETTERS: [&str; 14] = ["a", "Z", "7", ",", "=", " ", "\"", "'", ".", "ü", "漢", "😀", "/", "#"];
    let middle: String = (0..random.between(1..=8)).map(|_| *random.pick(&LETTERS)).collect();
    format!("n{middle}n")
}

#[tokio::test]
async fn random_names() {
    let store = Store::start().await;
    let mut random = random();
    for time in 1..=8 {
        let (measurement, tag, value, field) =
            (name(&mut random), name(&mut random), name(&mut random), name(&mut random));
        let text = random.unicode(12);
        let line = format!(
            "{},{}={} f{}=\"{}\" {time}",
            measurement.replace(',', "\\,").replace(' ', "\\ "),
            escaped(&tag),
            escaped(&value),
            escaped(&field),
            text.replace('\\', "\\\\").replace('"', "\\\"")
        );
        store.write(&line).await;
        let quoted = |name: &str| name.replace('\\', "\\\\").replace('"', "\\\"");
        let condition = value.replace('\'', "\\'");
        let ask = format!(
            "SELECT \"f{}\", \"{}\" FROM \"{}\" WHERE \"{}\" = '{condition}' AND time = {time}",
            quoted(&field),
            quoted(&tag),
            quoted(&measurement),
            quoted(&tag)
        );
        let reply = store.ask(&ask).await;
        let wanted = json!([{"name": measurement, "columns": ["time", format!("f{field}"), tag], "values": [[time, text, value]]}]);
        reply.expect(format!("this line comes back as it is: {line}")).json_at("/results/0/series", wanted);
    }
}

#[tokio::test]
async fn the_crate_escapes_and_finds_it_again() {
    let store = Store::start().await;
    let text = "he said \"a, b\" and c=d \\ e";
    let write = Timestamp::Nanoseconds(3).try_into_query("my, room").unwrap();
    let write = write.add_tag("the building", "a = b, c").add_field("the note", text).add_field("n", 5);
    influx(&store).query(write).await.unwrap();
    store
        .expect_series(
            "escapes that the crate makes are understood",
            "SELECT \"n\", \"the building\", \"the note\" FROM \"my, room\"",
            &json!([{"name": "my, room", "columns": ["time", "n", "the building", "the note"], "values": [[3, 5, "a = b, c", text]]}]),
        )
        .await;
}

#[tokio::test]
async fn quotes_matter_only_around_values() {
    let store = Store::start().await;
    store.write("# a comment with \"one quote\nq\"m,q\"t=v q\"f=1 1\n\n   # another\n  plain v=2   2\n").await;
    store
        .expect_series(
            "in names a quotation mark is a character like any other",
            r#"SELECT "q\"f", "q\"t" FROM "q\"m""#,
            &json!([{"name": "q\"m", "columns": ["time", "q\"f", "q\"t"], "values": [[1, 1, "v"]]}]),
        )
        .await;
    let rows = json!([[2, 2]]);
    store
        .expect_rows(
            "comments, empty lines and spaces around lines are skipped",
            "SELECT v FROM plain",
            &["time", "v"],
            rows,
        )
        .await;
}

#[tokio::test]
async fn a_backslash_before_anything_else_is_a_backslash() {
    let store = Store::start().await;
    store.write(r#"p,path=c:\dir\new f="a\nb\c",s="x\\y" 1"#).await;
    let rows = json!([[1, r"a\nb\c", r"x\y", r"c:\dir\new"]]);
    store.expect_rows("it stays", "SELECT f, s, path FROM p", &["time", "f", "s", "path"], rows).await;
}

#[tokio::test]
async fn numbers_and_booleans_in_all_their_forms() {
    let store = Store::start().await;
    for (text, value) in [
        ("1e3", json!(1000)),
        ("-1.5E-2", json!(-0.015)),
        ("1.", json!(1)),
        (".5", json!(0.5)),
        ("9223372036854775807i", json!(i64::MAX)),
        ("-9223372036854775808i", json!(i64::MIN)),
        ("t", json!(true)),
        ("T", json!(true)),
        ("true", json!(true)),
        ("True", json!(true)),
        ("TRUE", json!(true)),
        ("f", json!(false)),
        ("F", json!(false)),
        ("false", json!(false)),
        ("False", json!(false)),
        ("FALSE", json!(false)),
        ("\"t\"", json!("t")),
        ("\"\"", json!("")),
    ] {
        let measurement = format!("m{}", crate::visible::support::percent(text).replace('%', "x"));
        store.write(&format!("{measurement} v={text} 1")).await;
        let ask = format!("SELECT v FROM {measurement}");
        store.expect_rows(&format!("v={text}"), &ask, &["time", "v"], json!([[1, value]])).await;
    }
}

#[tokio::test]
async fn what_is_no_line_is_refused() {
    let store = Store::start().await;
    for line in [
        "air",
        "air,",
        "air v",
        "air v=",
        "air =1",
        "air v=1,",
        "air,t v=1",
        "air,t= v=1",
        "air,=x v=1",
        ",t=a v=1",
        "air,t=a,t=b v=1 7",
        "air v=nan",
        "air v=inf",
        "air v=1e400",
        "air v=+1",
        "air v=0x1",
        "air v=1i2",
        "air v=1.5i",
        "air v=9223372036854775808i",
        "air v=tRUE",
        "air v=yes",
        "air v=\"x",
        "air v=1 1x",
        "air v=1 1.5",
        "air v=1 1 1",
        "air v=- 1",
    ] {
        let reply = store.try_write("", line).await;
        let requirement = "a line that is none gets 400 and is quoted";
        reply.expect(requirement).status(400);
        expect(requirement)
            .request(reply.curl())
            .contains(&reply.text_at("/error"), &format!("unable to parse '{line}'"));
    }
    store.expect_nothing("and nothing of them is stored", "SELECT * FROM air").await;
    for nothing in ["", "\n\n", "# nothing"] {
        store.write(nothing).await;
    }
}

#[tokio::test]
async fn the_order_of_tags_does_not_matter() {
    let store = Store::start().await;
    store.write("air,a=1,b=2 v=1 1\nair,b=2,a=1 v=2 1\nair,a=2,b=1 v=3 1").await;
    expect("the same tags are the same series").eq(store.number("SELECT count(v) FROM air").await, Some(2.0));
    expect("whose later value counts").eq(store.number("SELECT v FROM air WHERE a = '1'").await, Some(2.0));
}
