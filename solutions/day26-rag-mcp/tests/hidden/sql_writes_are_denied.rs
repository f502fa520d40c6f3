use crate::visible::support::Library;
use harness::{expect, random, scratch};
use serde_json::json;
use sqlx::{Connection, Executor, SqliteConnection, sqlite::SqliteConnectOptions};

#[tokio::test]
async fn a_second_statement_cannot_hide() {
    let (mut random, library, outside) = (random(), Library::empty(), scratch());
    let secret = random.name();
    library.write("a.md", "kitten");
    let file = outside.path().join("secret.db");
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let mut other = SqliteConnection::connect_with(&options).await.expect("a database can be made");
    let insert = sqlx::AssertSqlSafe(format!("CREATE TABLE secrets (text); INSERT INTO secrets VALUES ('{secret}')"));
    other.execute(sqlx::raw_sql(insert)).await.expect("a table can be made");
    other.close().await.expect("a database can be closed");
    let session = library.session().await;
    session.search("kitten").await;
    let name = file.to_string_lossy().into_owned();
    let attach = format!("ATTACH '{name}' AS other");
    let read = format!("{attach}; SELECT * FROM other.secrets");
    let mut queries = Vec::new();
    for other in [attach, read] {
        queries.extend([
            other.clone(),
            format!("; {other}"),
            format!("/* SELECT */ {other}"),
            format!("-- SELECT\n{other}"),
            format!("SELECT 1; {other}"),
            format!("SELECT '; --'; {other}"),
            format!("SELECT 'it''s'; {other} --'"),
            format!("SELECT 1 AS \"a'b\"; {other} --'"),
            format!("SELECT 1 AS [a'b]; {other} --'"),
            format!("SELECT 1 AS `a'b`; {other} --'"),
            format!("SELECT 1 -- '\n; {other} --'"),
            format!("SELECT 1 /* ' */; {other} --'"),
            format!("SELECT $a('); {other} --')"),
            format!("SELECT @a('); {other} --')"),
            format!("SELECT :a('); {other} --')"),
            format!("SELECT #a('); {other} --')"),
            format!("SELECT 1);{other}; SELECT (1"),
            format!("WITH a AS (SELECT 1) SELECT * FROM a; {other}"),
        ]);
    }
    for query in queries {
        let answer = session.call("sql_readonly", &json!({"query": query})).await;
        let said = answer.refused("a second statement, or another one than a question, is refused");
        answer.wanted("no other database is read").lacks(&said, &secret);
        let later = session.call("sql_readonly", &json!({"query": "SELECT * FROM other.secrets"})).await;
        later.failed("nothing stays attached");
    }
}

#[tokio::test]
async fn what_begins_as_a_question_cannot_write() {
    let (library, outside) = (Library::empty(), scratch());
    library.write("a.md", "kitten");
    let session = library.session().await;
    session.search("kitten").await;
    let before = session.sql("SELECT path, sha256, model, bytes FROM documents").await;
    for query in [
        "WITH a AS (SELECT 1) DELETE FROM documents".to_owned(),
        "WITH a AS (SELECT 1) UPDATE documents SET path = 'b.md'".to_owned(),
        "WITH a(p) AS (VALUES ('b.md')) INSERT INTO documents SELECT p, '', '', 0 FROM a".to_owned(),
        "SELECT load_extension('nothing')".to_owned(),
        "SELECT ?".to_owned(),
        "SELECT :name".to_owned(),
        "pragma query_only(0)".to_owned(),
        "PRAGMA journal_mode = DELETE".to_owned(),
        "PRAGMA table_info(passages)".to_owned(),
        "EXPLAIN DELETE FROM documents".to_owned(),
        "SAVEPOINT a".to_owned(),
        "END".to_owned(),
        "ANALYZE".to_owned(),
        "REINDEX".to_owned(),
        "DETACH main".to_owned(),
        "ALTER TABLE documents RENAME TO gone".to_owned(),
        "CREATE TEMP VIEW passages AS SELECT 'forged' AS text".to_owned(),
        "CREATE TEMPORARY TABLE passages (text)".to_owned(),
        "vacuum".to_owned(),
        format!("\u{feff}vacuum into '{}'", outside.path().join("copy.db").display()),
        format!("attach database 'file:{}?mode=rwc' as x", outside.path().join("new.db").display()),
        String::new(),
        "-- nothing".to_owned(),
        ";".to_owned(),
    ] {
        session.call("sql_readonly", &json!({"query": query})).await.refused("what is no question is refused");
        for _ in 0..3 {
            let after = session.sql("SELECT path, sha256, model, bytes FROM documents").await;
            expect("no later question is answered differently").request(&query).eq(after, before.clone());
            let texts = session.sql("SELECT text FROM passages").await;
            expect("no later question is answered differently").request(&query).eq(texts, json!([["kitten"]]));
        }
    }
    let made: Vec<_> = outside.path().read_dir().expect("a folder can be read").collect();
    expect("no file was made").that(made.is_empty(), format!("{made:?}"));
    library.write("b.md", "ship");
    expect("the store still takes what is new").eq(session.paths("anchor").await, ["b.md", "a.md"]);
}

#[tokio::test]
async fn questions_may_have_any_form() {
    let library = Library::empty();
    library.write("a.md", "kitten");
    let session = library.session().await;
    session.search("kitten").await;
    for (query, rows) in [
        ("SELECT 'a;b', \"path\" FROM documents;", json!([["a;b", "a.md"]])),
        ("  /* ; */ SeLeCt 1 -- ; DROP TABLE documents\n", json!([[1]])),
        ("SELECT 'it''s; ATTACH', 'DELETE FROM documents'", json!([["it's; ATTACH", "DELETE FROM documents"]])),
        ("SELECT [path], `bytes` FROM documents ; ", json!([["a.md", 6]])),
        ("SELECT 'who? me: 5$ #1 @home'", json!([["who? me: 5$ #1 @home"]])),
        ("VALUES (1, 'x'), (2, NULL)", json!([[1, "x"], [2, null]])),
        (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3) SELECT i * 0.5 FROM n",
            json!([[0.5], [1.0], [1.5]]),
        ),
        ("SELECT x'00ff10', '', 9007199254740993", json!([[{"bytes": 3}, "", 9_007_199_254_740_993_i64]])),
        ("SELECT path FROM documents WHERE path = 'none'", json!([])),
        ("SELECT '\u{1F980} ü'", json!([["\u{1F980} ü"]])),
    ] {
        let answer = session.call("sql_readonly", &json!({"query": query})).await;
        answer.wanted("a question is answered").eq(answer.value()["rows"].clone(), rows);
    }
    let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < LAST) SELECT i FROM n";
    for (last, count, truncated) in [(100, 100, false), (101, 100, true), (5000, 100, true)] {
        let query = numbers.replace("LAST", &last.to_string());
        let answer = session.call("sql_readonly", &json!({"query": query})).await;
        let value = answer.value();
        let seen = (value["rows"].as_array().map_or(0, Vec::len), value["truncated"].clone());
        answer.wanted("at most 100 rows come, and truncated tells of more").eq(seen, (count, json!(truncated)));
    }
    let none = session.call("sql_readonly", &json!({"query": "SELECT 1 AS one, 2 AS two WHERE 0"})).await.value();
    expect("columns are named without rows, too").eq(none["columns"].clone(), json!(["one", "two"]));
}
