//! Questions to the store in SQL: one statement, which reads.
//!
//! Two walls. The connections are opened for reading only, so that no statement writes into the store. But `ATTACH` opens
//! other files, `PRAGMA` changes the connection, and `VACUUM INTO` makes a copy wherever it is told to: so only what
//! begins as a question comes through at all.

use futures_util::TryStreamExt;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::{
    AssertSqlSafe, Column, Executor, Row, SqlSafeStr, SqlitePool, Statement, TypeInfo, ValueRef,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteRow},
};
use std::{path::Path, time::Duration, time::Instant};
use tokio_util::sync::CancellationToken;

/// So many questions are answered at the same time. More wait.
const AT_ONCE: u32 = 2;
/// No answer has more rows.
const MOST_ROWS: usize = 100;
/// SQLite looks after so many steps whether it is to go on.
const STEPS: i32 = 1000;

/// Read-only connections to the store.
#[derive(Debug, Clone)]
pub struct Sql {
    pool: SqlitePool,
    patience: Duration,
}

/// The answer to a question.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Table {
    /// The names of the columns
    pub columns: Vec<String>,
    /// The rows. A value is null, a number or a text; of a BLOB it is {"bytes": LENGTH}
    pub rows: Vec<Vec<Value>>,
    /// Whether there were more rows
    pub truncated: bool,
}

impl Sql {
    /// For the store in `file`. A question that takes longer than `patience` is ended.
    pub fn open(file: &Path, patience: Duration) -> Sql {
        let options = SqliteConnectOptions::new().filename(file).read_only(true).pragma("query_only", "ON");
        let pool = SqlitePoolOptions::new().max_connections(AT_ONCE).connect_lazy_with(options);
        Sql { pool, patience }
    }

    /// Runs one question, until `cancelled` says that nobody waits for the answer any more.
    ///
    /// # Errors
    /// In words for whoever has asked: what is wrong with the question.
    pub async fn ask(&self, question: &str, cancelled: CancellationToken) -> Result<Table, String> {
        check(question)?;
        self.run(question, cancelled).await.map_err(|error| match error.as_database_error() {
            Some(error) => error.message().to_owned(),
            None => error.to_string(),
        })
    }

    async fn run(&self, question: &str, cancelled: CancellationToken) -> sqlx::Result<Table> {
        let mut connection = self.pool.acquire().await?;
        let end = Instant::now() + self.patience;
        let go_on = move || !cancelled.is_cancelled() && Instant::now() < end;
        connection.lock_handle().await?.set_progress_handler(STEPS, go_on);
        // Checked above: it is one statement, and the connection can only read.
        let statement = connection.prepare(AssertSqlSafe(question).into_sql_str()).await?;
        let columns = statement.columns().iter().map(|column| column.name().to_owned()).collect();
        let mut answer = statement.query().fetch(&mut *connection);
        let mut table = Table { columns, rows: Vec::new(), truncated: false };
        while let Some(row) = answer.try_next().await? {
            if table.rows.len() == MOST_ROWS {
                table.truncated = true;
                break;
            }
            table.rows.push(values(&row)?);
        }
        Ok(table)
    }
}

fn values(row: &SqliteRow) -> sqlx::Result<Vec<Value>> {
    let value = |column: usize| {
        let raw = row.try_get_raw(column)?;
        // The type of this one value: in SQLite a column says little about it.
        Ok(match raw.type_info().name() {
            "NULL" => Value::Null,
            "INTEGER" => json!(row.try_get_unchecked::<i64, _>(column)?),
            "REAL" => json!(row.try_get_unchecked::<f64, _>(column)?),
            "TEXT" => json!(row.try_get_unchecked::<String, _>(column)?),
            _ => json!({"bytes": row.try_get_unchecked::<&[u8], _>(column)?.len()}),
        })
    };
    (0..row.len()).map(value).collect()
}

/// Whether this is one statement, and a question.
fn check(sql: &str) -> Result<(), String> {
    let bare = without_literals(sql);
    // Nobody fills in parameters. And `$a(…)` is one, whatever stands in the brackets: there we would see other statements
    // than SQLite does.
    if bare.contains(['$', '@', ':', '#', '?']) {
        return Err("parameters have no values here; write the values into the question".to_owned());
    }
    let statement = bare.trim_end_matches(|letter: char| letter == ';' || letter.is_whitespace()).trim_start();
    if statement.contains(';') {
        return Err("one statement at a time".to_owned());
    }
    let verb: String = statement.chars().take_while(char::is_ascii_alphabetic).collect();
    if ["SELECT", "WITH", "VALUES"].contains(&verb.to_ascii_uppercase().as_str()) {
        return Ok(());
    }
    Err("only SELECT, WITH … SELECT and VALUES are answered; nothing can be changed, attached or set".to_owned())
}

/// The statement with a space for each text, quoted name and comment, by the rules of SQLite.
fn without_literals(sql: &str) -> String {
    let mut bare = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '\'' | '"' | '`' => Some(first.to_string()),
            '[' => Some("]".to_owned()),
            _ if rest.starts_with("--") => Some("\n".to_owned()),
            _ if rest.starts_with("/*") => Some("*/".to_owned()),
            _ => None,
        };
        let begin = if rest.starts_with("/*") { 2 } else { first.len_utf8() };
        rest = &rest[begin..];
        match end {
            // A doubled quote ends one literal and begins another, which comes to the same.
            Some(end) => {
                rest = rest.split_once(&end).map_or("", |(_, after)| after);
                bare.push(' ');
            }
            None => bare.push(first),
        }
    }
    bare
}
