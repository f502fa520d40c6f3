use crate::visible::support::Store;
use serde_json::json;

const RANGE: &str = "WHERE time >= 0 AND time < 50 GROUP BY time(10ns)";

#[tokio::test]
async fn each_column_is_filled_by_itself() {
    let store = Store::start().await;
    store.write("air a=1 0\nair b=2 10\nair a=4,b=4 30").await;
    for (fill, rows) in [
        (
            "fill(null)",
            json!([[0, 1, null, 0], [10, null, 2, 1], [20, null, null, 0], [30, 4, 4, 1], [40, null, null, 0]]),
        ),
        ("fill(none)", json!([[0, 1, null, null], [10, null, 2, 1], [30, 4, 4, 1]])),
        ("fill(7)", json!([[0, 1, 7, 7], [10, 7, 2, 1], [20, 7, 7, 7], [30, 4, 4, 1], [40, 7, 7, 7]])),
        ("fill(previous)", json!([[0, 1, null, null], [10, 1, 2, 1], [20, 1, 2, 1], [30, 4, 4, 1], [40, 4, 4, 1]])),
    ] {
        let ask = format!("SELECT sum(a), max(b), count(b) FROM air {RANGE} {fill}");
        store.expect_rows(&format!("with {fill}"), &ask, &["time", "sum", "max", "count"], rows).await;
    }
}

#[tokio::test]
async fn previous_does_not_look_out_of_its_group() {
    let store = Store::start().await;
    store.write("air,room=attic v=9 5\nair,room=attic v=8 45\nair,room=hall v=1 20").await;
    let columns = ["time", "last"];
    store
        .expect_series(
            "what came before the first time asked for, or in another group, does not count",
            "SELECT last(v) FROM air WHERE time >= 10 AND time < 50 GROUP BY time(10ns), room fill(previous)",
            &json!([
                {"name": "air", "tags": {"room": "attic"}, "columns": columns, "values": [[10, null], [20, null], [30, null], [40, 8]]},
                {"name": "air", "tags": {"room": "hall"}, "columns": columns, "values": [[10, null], [20, 1], [30, 1], [40, 1]]},
            ]),
        )
        .await;
}

#[tokio::test]
async fn what_is_filled_counts_for_the_limit() {
    let store = Store::start().await;
    store.write("air v=1 0\nair v=4 30").await;
    let ask = format!("SELECT sum(v) FROM air {RANGE} fill(previous) LIMIT 2 OFFSET 1");
    store.expect_rows("filled first, limited afterwards", &ask, &["time", "sum"], json!([[10, 1], [20, 1]])).await;
    let ask = format!("SELECT sum(v) FROM air {RANGE} fill(none) LIMIT 2");
    store.expect_rows("what is left out does not count", &ask, &["time", "sum"], json!([[0, 1], [30, 4]])).await;
}
