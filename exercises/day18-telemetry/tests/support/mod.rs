//! What the tests of this day share: a store, a client for it, and answers that can be compared.

use harness::{Launch, Program, expect};
use harness_net::{Http, Reply};
use serde_json::{Value, json};
use std::{
    ops::Deref,
    time::{SystemTime, UNIX_EPOCH},
};

/// The database that every test begins with.
pub const DATABASE: &str = "home";

/// A running store, and a client whose methods it lends.
#[derive(Debug)]
pub struct Store {
    pub program: Program,
    client: Client,
}

/// A client that tasks can have a copy of.
#[derive(Debug, Clone)]
pub struct Client {
    pub http: Http,
}

impl Deref for Store {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Store {
    pub async fn start() -> Store {
        Store::with(&[]).await
    }

    /// A store with these further arguments and an empty database.
    pub async fn with(arguments: &[&str]) -> Store {
        let program = Launch::service().args(arguments).data_dir().start();
        let client = Client { http: Http::to(&program) };
        client.change(&format!("CREATE DATABASE {DATABASE}")).await;
        Store { program, client }
    }

    /// Starts a store that was killed again, on the same data.
    pub fn start_again(&mut self) {
        self.program.start_again();
        self.client = Client { http: Http::to(&self.program) };
    }

    pub fn client(&self) -> Client {
        self.client.clone()
    }
}

impl Client {
    /// Sends lines with these parameters beside `db`.
    pub async fn try_write(&self, parameters: &str, lines: &str) -> Reply {
        self.http.post(&format!("/write?db={DATABASE}{parameters}")).body(lines).send().await
    }

    /// Writes lines whose times are in nanoseconds.
    pub async fn write(&self, lines: &str) {
        self.write_with("", lines).await;
    }

    pub async fn write_with(&self, parameters: &str, lines: &str) {
        let reply = self.try_write(parameters, lines).await;
        reply.expect("lines that are right get 204").status(204);
    }

    /// Lines of which some cannot be stored get 400, and these words among others.
    pub async fn write_in_part(&self, requirement: &str, lines: &str, words: &[&str]) {
        let reply = self.try_write("", lines).await;
        reply.expect(requirement).status(400);
        let error = reply.text_at("/error");
        for word in words {
            expect(requirement).request(reply.curl()).contains(&error, word);
        }
    }

    /// Asks with these parameters beside `db`.
    pub async fn ask_with(&self, parameters: &str, statements: &str) -> Reply {
        let path = format!("/query?db={DATABASE}{parameters}&q={}", percent(statements));
        self.http.get(&path).send().await
    }

    /// Asks, with times in nanoseconds.
    pub async fn ask(&self, statements: &str) -> Reply {
        let reply = self.ask_with("&epoch=ns", statements).await;
        reply.expect("a statement that is understood gets 200").status(200).media_type("application/json");
        reply
    }

    /// What changes something is posted as a form.
    pub async fn try_change(&self, statement: &str) -> Reply {
        self.http.post(&format!("/query?db={DATABASE}")).form(&[("q", statement)]).send().await
    }

    pub async fn change(&self, statement: &str) {
        let reply = self.try_change(statement).await;
        reply.expect("a change that is possible gets 200 and no error").status(200);
        expect(format!("{statement} is carried out")).request(reply.curl()).lacks(&reply.text(), "error");
    }

    /// The answer has one series with these columns and rows.
    pub async fn expect_rows(&self, requirement: &str, statement: &str, columns: &[&str], rows: Value) {
        let from = statement.split_once("FROM ").map_or("", |(_, rest)| rest);
        let name = match from.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next().unwrap_or_default(),
            None => from.split(' ').next().and_then(|source| source.rsplit('.').next()).unwrap_or_default(),
        };
        let series = json!([{"name": name, "columns": columns, "values": rows}]);
        self.expect_series(requirement, statement, &series).await;
    }

    /// The answer has these series.
    pub async fn expect_series(&self, requirement: &str, statement: &str, series: &Value) {
        let reply = self.ask(statement).await;
        expect_results(requirement, &reply, &json!([{"statement_id": 0, "series": series}]));
    }

    /// The answer has no series.
    pub async fn expect_nothing(&self, requirement: &str, statement: &str) {
        expect_results(requirement, &self.ask(statement).await, &json!([{"statement_id": 0}]));
    }

    /// The statement is understood and cannot be carried out: an error in a 200.
    pub async fn expect_error(&self, requirement: &str, statement: &str, words: &str) {
        let reply = self.ask(statement).await;
        let error = reply.text_at("/results/0/error");
        expect(requirement).request(reply.curl()).contains(&error, words);
    }

    /// The values of the one series of an answer, each a row.
    pub async fn rows(&self, statement: &str) -> Vec<Vec<Value>> {
        let reply = self.ask(statement).await;
        match reply.json().pointer("/results/0/series/0/values") {
            None => Vec::new(),
            Some(values) => serde_json::from_value(values.clone())
                .unwrap_or_else(|_| expect("values are rows of cells").request(reply.curl()).fail(reply.describe())),
        }
    }

    /// The one number that an aggregate without groups answers with; none when there is no answer.
    pub async fn number(&self, statement: &str) -> Option<f64> {
        self.rows(statement).await.first()?.get(1)?.as_f64()
    }
}

/// The `results` of a reply are these; 2 and 2.0 are the same number.
#[track_caller]
pub fn expect_results(requirement: &str, reply: &Reply, results: &Value) {
    let found = reply.json().pointer("/results").cloned().unwrap_or_default();
    expect(requirement)
        .request(reply.curl())
        .expected(json!({"results": results}).to_string())
        .that(alike(&found, results), reply.describe());
}

/// Whether two documents say the same. JSON does not tell 2 from 2.0.
pub fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a == b,
            // Floats cannot tell large integers apart, but their texts can.
            (Some(integer), None) => b.as_f64().is_some_and(|float| float.to_string() == integer.to_string()),
            (None, Some(_)) => alike(other, one),
            (None, None) => a.as_f64() == b.as_f64(),
        },
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| alike(value, other)))
        }
        _ => one == other,
    }
}

/// Percent-encodes everything but letters and digits.
pub fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric();
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// A name as it stands in a line: a backslash before comma, equals sign and space.
pub fn escaped(name: &str) -> String {
    name.replace(',', "\\,").replace('=', "\\=").replace(' ', "\\ ")
}

/// The time of this machine, in nanoseconds since 1970.
pub fn now_ns() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}
