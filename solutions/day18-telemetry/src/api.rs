//! The HTTP side: `/ping`, `/write` and `/query`, with the parameters and errors of InfluxDB 1.x.

use crate::{
    Limits,
    influxql::{self, Statement},
    line::{self, Value},
    select::{self, Table},
    store::{Fault, Store},
    time, write,
};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, RawQuery, State},
    http::{HeaderValue, StatusCode},
    middleware,
    response::Response,
    routing::{get, post},
};
use serde_json::{Value as JsonValue, json};
use std::collections::HashMap;
use url::form_urlencoded;

/// The largest body, in bytes.
const BODY: usize = 25_000_000;

#[derive(Debug, Clone)]
struct Api {
    store: Store,
    limits: Limits,
}

/// All paths, without a socket.
pub fn app(store: Store, limits: Limits) -> Router {
    Router::new()
        .route("/ping", get(async || StatusCode::NO_CONTENT))
        .route("/write", post(write))
        .route("/query", get(query).post(query))
        .fallback(async || Fault::Theirs(StatusCode::NOT_FOUND, "nothing is at this path".to_owned()))
        .method_not_allowed_fallback(async || {
            Fault::Theirs(StatusCode::METHOD_NOT_ALLOWED, "this path does not take this method".to_owned())
        })
        .layer(DefaultBodyLimit::max(BODY))
        .layer(middleware::map_response(introduce))
        .with_state(Api { store, limits })
}

/// Clients look here for what they talk to.
async fn introduce(mut response: Response) -> Response {
    response.headers_mut().insert("x-influxdb-build", HeaderValue::from_static("OSS"));
    response.headers_mut().insert("x-influxdb-version", HeaderValue::from_static("1.6.7"));
    response
}

/// The parameters in the query of a URL, or in a form.
fn parameters(text: &[u8]) -> HashMap<String, String> {
    form_urlencoded::parse(text).into_owned().collect()
}

/// The unit that a parameter names.
fn unit(parameters: &HashMap<String, String>, name: &str) -> Result<Option<i64>, Fault> {
    let Some(text) = parameters.get(name).filter(|text| !text.is_empty()) else { return Ok(None) };
    let unit =
        time::unit(text).ok_or_else(|| Fault::bad(format!("invalid {name} {text:?} (use ns, u, ms, s, m or h)")));
    unit.map(Some)
}

async fn write(State(api): State<Api>, RawQuery(query): RawQuery, body: Bytes) -> Result<StatusCode, Fault> {
    let parameters = parameters(query.unwrap_or_default().as_bytes());
    let database = parameters.get("db").ok_or_else(|| Fault::bad("database is required"))?;
    let policy = parameters.get("rp").map(String::as_str).filter(|name| !name.is_empty());
    let policy = api.store.policy(database, policy).await?;
    let unit = unit(&parameters, "precision")?.unwrap_or(1);
    let body = str::from_utf8(&body).map_err(|_| Fault::bad("the body is not UTF-8"))?;

    let batch = line::parse(body, unit, time::now());
    let outcome = write::write(&api.store, &policy, &batch.points).await?;
    let mut errors = batch.errors;
    errors.extend(outcome.reason);
    match errors.join("\n") {
        errors if errors.is_empty() => Ok(StatusCode::NO_CONTENT),
        errors if outcome.stored + outcome.dropped == 0 => Err(Fault::bad(errors)),
        errors => Err(Fault::bad(format!("partial write: {errors} dropped={}", outcome.dropped))),
    }
}

async fn query(State(api): State<Api>, RawQuery(query): RawQuery, body: Bytes) -> Result<Json<JsonValue>, Fault> {
    let mut parameters = parameters(query.unwrap_or_default().as_bytes());
    parameters.extend(self::parameters(&body));
    let epoch = unit(&parameters, "epoch")?;
    let text = parameters.get("q").filter(|text| !text.is_empty());
    let text = text.ok_or_else(|| Fault::bad("missing required parameter \"q\""))?;
    let now = time::now();
    let database = parameters.get("db").map(String::as_str);
    let mut asked = Asked { api: &api, database, epoch, now, rows_left: api.limits.max_rows as usize };
    let mut results = Vec::new();
    for (number, statement) in influxql::parse(text, now).map_err(Fault::bad)?.iter().enumerate() {
        match asked.run(statement).await {
            Ok(series) if series.is_empty() => results.push(json!({"statement_id": number})),
            Ok(series) => results.push(json!({"statement_id": number, "series": series})),
            // What comes after a statement that failed is not executed.
            Err(Fault::Theirs(_, message)) => {
                results.push(json!({"statement_id": number, "error": message}));
                break;
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(Json(json!({"results": results})))
}

/// A request that is being answered.
struct Asked<'a> {
    api: &'a Api,
    database: Option<&'a str>,
    /// The unit of times in the answer; none is for text.
    epoch: Option<i64>,
    now: i64,
    /// What the reply may still hold.
    rows_left: usize,
}

impl Asked<'_> {
    async fn run(&mut self, statement: &Statement) -> Result<Vec<JsonValue>, Fault> {
        let store = &self.api.store;
        let database = || self.database.ok_or_else(|| Fault::bad("database name required"));
        match statement {
            Statement::Senseless(why) => Err(Fault::bad(why)),
            Statement::CreateDatabase(name) => store.create_database(name).await.map(|()| Vec::new()),
            Statement::ShowDatabases => Ok(vec![list("databases", store.databases().await?)]),
            Statement::ShowMeasurements => {
                let names = store.measurements(store.policy(database()?, None).await?.database).await?;
                Ok(if names.is_empty() { Vec::new() } else { vec![list("measurements", names)] })
            }
            Statement::CreatePolicy { name, database, duration, is_default } => {
                store.create_policy(database, name, *duration, *is_default).await.map(|()| Vec::new())
            }
            Statement::Select(select) => {
                let policy = store.policy(database()?, select.from.policy.as_deref()).await?;
                let Some(into) = &select.into else {
                    let left = &mut self.rows_left;
                    let tables = select::select(store, &policy, select, self.now, self.api.limits, left).await?;
                    let series = tables.into_iter().map(|table| self.series(&select.from.measurement, table));
                    return Ok(series.collect());
                };
                let target = store.policy(database()?, into.policy.as_deref()).await?;
                // Nothing of it goes into the reply, so the limit of rows is not for it.
                let mut left = usize::MAX;
                let tables = select::select(store, &policy, select, self.now, self.api.limits, &mut left).await?;
                let points = select::into_points(tables, &into.measurement);
                let outcome = write::write(store, &target, &points).await?;
                match outcome.reason {
                    Some(why) => Err(Fault::bad(format!("partial write: {why} dropped={}", outcome.dropped))),
                    None => Ok(vec![json!({
                        "name": "result",
                        "columns": ["time", "written"],
                        "values": [[self.time(0), outcome.stored]],
                    })]),
                }
            }
        }
    }

    /// A table as clients get it.
    fn series(&self, name: &str, table: Table) -> JsonValue {
        let row = |row: select::Row| -> Vec<JsonValue> {
            let cells = row.cells.into_iter().map(|cell| cell.map_or(JsonValue::Null, cell_json));
            std::iter::once(self.time(row.time)).chain(cells).collect()
        };
        let values: Vec<_> = table.rows.into_iter().map(row).collect();
        let columns: Vec<_> = std::iter::once("time".to_owned()).chain(table.columns).collect();
        let mut series = json!({"name": name, "columns": columns, "values": values});
        if let Some(tags) = table.tags {
            series["tags"] = json!(tags);
        }
        if table.partial {
            series["partial"] = true.into();
        }
        series
    }

    fn time(&self, nanoseconds: i64) -> JsonValue {
        self.epoch.map_or_else(|| time::to_text(nanoseconds).into(), |unit| (nanoseconds / unit).into())
    }
}

fn cell_json(value: Value) -> JsonValue {
    match value {
        Value::Float(number) => number.into(),
        Value::Integer(number) => number.into(),
        Value::Text(text) => text.into(),
        Value::Boolean(boolean) => boolean.into(),
    }
}

fn list(name: &str, values: Vec<String>) -> JsonValue {
    let values: Vec<_> = values.into_iter().map(|value| [value]).collect();
    json!({"name": name, "columns": ["name"], "values": values})
}
