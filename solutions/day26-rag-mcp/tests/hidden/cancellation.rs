use crate::visible::support::{Library, session::PATIENCE};
use harness::expect;
use harness_net::within;
use serde_json::json;

const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

#[tokio::test]
async fn a_question_in_sql_ends_when_nobody_waits_for_it() {
    let library = Library::empty().with(&["--sql-ms", "600000"]);
    let session = library.session().await;
    let mut calls = Vec::new();
    for _ in 0..2 {
        calls.push(session.begin_call("sql_readonly", &json!({"query": ENDLESS})).await);
    }
    // An answer to a later message shows that the questions have arrived.
    session.call("read", &json!({"path": "none.md"})).await.failed("there is no such document");
    for call in calls {
        call.cancel(None).await.expect("a cancellation can be sent");
    }
    // Two questions at the same time, and both have been cancelled: the next gets its turn.
    expect("the next question is answered").eq(session.sql("SELECT 7").await, json!([[7]]));
}

#[tokio::test]
async fn a_question_that_takes_too_long_is_an_error() {
    let library = Library::empty().with(&["--sql-ms", "150"]);
    library.write("a.md", "kitten");
    let session = library.session().await;
    let arguments = json!({"query": ENDLESS});
    let mut calls = Vec::new();
    for _ in 0..3 {
        calls.push(session.begin_call("sql_readonly", &arguments).await);
    }
    expect("others work meanwhile").eq(session.paths("kitten").await, ["a.md"]);
    let waiting = session.call("sql_readonly", &json!({"query": "SELECT 7"})).await.value();
    expect("who waits gets a turn").eq(waiting["rows"].clone(), json!([[7]]));
    session.call("sql_readonly", &arguments).await.failed("an endless question ends after --sql-ms");
    for call in calls {
        let answer = within("an endless question is answered", PATIENCE, call.await_response()).await;
        let text = format!("{answer:?}");
        expect("an endless question is answered with an error").contains(&text, "is_error: Some(true)");
    }
}
