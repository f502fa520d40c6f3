use crate::visible::support::Store;
use serde_json::json;

#[tokio::test]
async fn a_point_is_dropped_as_a_whole() {
    let store = Store::start().await;
    store.write("air,t=1 a=1,b=1i 1").await;
    let words = [
        "partial write",
        "input field \"b\" on measurement \"air\" is type float, already exists as type integer",
        "dropped=2",
    ];
    store
        .write_in_part("two points are dropped", "air,t=1 a=2,b=2 2\nair,t=2 a=3,b=3i 3\nair,t=3 c=9,b=t 4", &words)
        .await;
    store
        .expect_rows(
            "no field of a dropped point is stored, not even a new one",
            "SELECT * FROM air",
            &["time", "a", "b", "t"],
            json!([[1, 1, 1, "1"], [3, 3, 3, "2"]]),
        )
        .await;
}

#[tokio::test]
async fn the_first_value_decides() {
    let store = Store::start().await;
    // influxd refuses a whole write with a conflict when it is the very first one.
    store.write("other v=t 1").await;
    for (measurement, first, second, is, was) in [
        ("a", "1i", "1", "float", "integer"),
        ("b", "1", "\"1\"", "string", "float"),
        ("c", "\"t\"", "t", "boolean", "string"),
        ("d", "t", "1i", "integer", "boolean"),
    ] {
        let lines = format!("{measurement} v={first} 1\n{measurement} v={second} 2\n{measurement} v={first} 3");
        let words = format!("is type {is}, already exists as type {was} dropped=1");
        store.write_in_part("also within one write", &lines, &[&words]).await;
        let rows = store.rows(&format!("SELECT v FROM {measurement}")).await;
        harness::expect("the first and the third are stored").eq(rows.len(), 2);
    }
}

#[tokio::test]
async fn every_bad_line_is_named() {
    let store = Store::start().await;
    let lines = "air v=1 1\nbad1\nair v=2 2\nbad 2\n";
    store
        .write_in_part("both are named", lines, &["partial write", "unable to parse 'bad1'", "unable to parse 'bad 2'"])
        .await;
    store.expect_rows("the others are stored", "SELECT v FROM air", &["time", "v"], json!([[1, 1], [2, 2]])).await;
    let reply = store.try_write("", "bad1\nbad 2").await;
    reply.expect("only bad lines are no partial write").status(400).contains("unable to parse 'bad1'");
    harness::expect("only bad lines are no partial write").request(reply.curl()).lacks(&reply.text(), "partial write");
}

#[tokio::test]
async fn a_type_outlives_the_program() {
    let mut store = Store::start().await;
    store.write("air v=1i 1").await;
    store.program.kill();
    store.start_again();
    store
        .write_in_part("the type is known after a kill", "air v=2 2", &["already exists as type integer dropped=1"])
        .await;
    store.write("air v=3i 3").await;
    store
        .expect_rows("and what was stored is there", "SELECT v FROM air", &["time", "v"], json!([[1, 1], [3, 3]]))
        .await;
}
