//! The queue and its log. A delivery is one event on its way to one endpoint. The queue is nothing but the rows that are
//! pending: what is under way stays pending until its outcome is written down, so a crash can only repeat an attempt.

use crate::{
    sender::{Attempt, Fault},
    signature::Secret,
};
use jiff::Timestamp;
use plumbing::Problem;
use plumbing_sqlite::{Database, problem};
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, SqliteConnection};
use std::{sync::Arc, time::Duration};

/// The most deliveries of one answer.
const PAGE: i64 = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(rename_all = "lowercase")]
pub enum Status {
    Pending,
    Delivered,
    /// All attempts have failed, or the endpoint is gone. Only a replay brings it back.
    Dead,
}

#[derive(Debug, Serialize)]
pub struct Delivery {
    id: i64,
    event: String,
    pub endpoint: String,
    status: Status,
    attempts: i64,
    /// When the next attempt is due.
    next: Option<Timestamp>,
}

/// A delivery with all of its attempts.
#[derive(Debug, Serialize)]
pub struct Details {
    #[serde(flatten)]
    pub delivery: Delivery,
    log: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    at: Timestamp,
    ms: i64,
    status: Option<u16>,
    error: Option<String>,
}

/// Which deliveries somebody wants to see.
#[derive(Debug, Default, Deserialize)]
pub struct Filter {
    event: Option<String>,
    endpoint: Option<String>,
    status: Option<Status>,
    before: Option<i64>,
}

/// What somebody wants to have sent again.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Wanted {
    Delivery {
        delivery: i64,
    },
    /// All dead deliveries of an endpoint.
    Endpoint {
        endpoint: String,
    },
}

/// Everything that an attempt needs.
#[derive(Debug)]
pub struct Parcel {
    pub delivery: i64,
    pub endpoint: String,
    /// Its id is that of every attempt, so that a receiver knows what it has already.
    pub event: String,
    pub url: String,
    pub body: Vec<u8>,
    /// The newest first.
    pub secrets: Vec<Secret>,
    /// Failed attempts so far.
    tries: i64,
}

#[derive(Debug, Clone)]
pub struct Deliveries {
    database: Database,
    /// The pause after each failed attempt.
    waits: Arc<[u32]>,
}

type Row = (i64, String, String, Status, i64, Option<i64>);

const COLUMNS: &str = "SELECT id, event, endpoint, status,
    (SELECT count(*) FROM attempts WHERE delivery = deliveries.id), next_ms FROM deliveries";

impl Deliveries {
    pub fn new(database: Database, waits: Vec<u32>) -> Deliveries {
        Deliveries { database, waits: waits.into() }
    }

    /// Takes an event, with a delivery for each endpoint that wants it. Returns its id and these endpoints.
    pub async fn accept(&self, kind: &str, key: Option<&str>, body: &[u8]) -> Result<(String, Vec<String>), Problem> {
        let id = random_id("msg_")?;
        let transaction = self.database.begin().await.map_err(problem)?;
        todo!(
            "{transaction:?}: {id}, {kind}, {} bytes, and a delivery for each endpoint, in order of {key:?}",
            body.len()
        )
    }

    /// What can be sent to an endpoint now, the oldest first. Of those with the same key only the first is.
    pub async fn due(&self, endpoint: &str, now_ms: i64, limit: usize) -> Result<Vec<i64>, Problem> {
        todo!("what is pending for {endpoint} and due at {now_ms}: {limit} at most")
    }

    /// When something becomes due after this moment.
    pub async fn next_after(&self, endpoint: &str, now_ms: i64) -> Result<Option<i64>, Problem> {
        let query = sqlx::query_scalar(
            "SELECT min(next_ms) FROM deliveries WHERE endpoint = ? AND status = 'pending' AND next_ms > ?",
        );
        query.bind(endpoint).bind(now_ms).fetch_one(self.database.reader()).await.map_err(problem)
    }

    /// What an attempt at a delivery needs; none if it is not pending any more.
    pub async fn parcel(&self, id: i64) -> Result<Option<Parcel>, Problem> {
        let query = sqlx::query_as(
            "SELECT deliveries.endpoint, event, url, body, tries FROM deliveries
             JOIN events ON events.id = event JOIN endpoints ON endpoints.id = deliveries.endpoint
             WHERE deliveries.id = ? AND status = 'pending'",
        );
        let row: Option<(String, String, String, Vec<u8>, i64)> =
            query.bind(id).fetch_optional(self.database.reader()).await.map_err(problem)?;
        let Some((endpoint, event, url, body, tries)) = row else { return Ok(None) };
        let query =
            sqlx::query_scalar("SELECT secret FROM secrets WHERE endpoint = ? ORDER BY id DESC").bind(&endpoint);
        let secrets: Vec<Vec<u8>> = query.fetch_all(self.database.reader()).await.map_err(problem)?;
        let secrets = secrets.into_iter().map(Secret::from_bytes).collect();
        Ok(Some(Parcel { delivery: id, endpoint, event, url, body, secrets, tries }))
    }

    /// Writes down what has happened, and what follows from it: one transaction, so the log and the queue agree.
    pub async fn record(&self, parcel: &Parcel, attempt: &Attempt) -> Result<(), Problem> {
        let mut transaction = self.database.begin().await.map_err(problem)?;
        log(&mut transaction, parcel.delivery, attempt).await?;
        let wait = usize::try_from(parcel.tries).ok().and_then(|tries| self.waits.get(tries));
        let asked = attempt.retry_after.map(millis);
        todo!("{:?}: delivered, dead, or again after {wait:?} or {asked:?}?", attempt.answer)
    }

    /// Makes them pending, with all of their attempts before them. Returns how many that were.
    pub async fn replay(&self, wanted: &Wanted) -> Result<u64, Problem> {
        match wanted {
            Wanted::Delivery { delivery } => todo!("make {delivery} pending"),
            Wanted::Endpoint { endpoint } => todo!("make the dead of {endpoint} pending"),
        }
    }

    /// The newest first.
    pub async fn list(&self, filter: Filter) -> Result<Vec<Delivery>, Problem> {
        let query = format!(
            "{COLUMNS} WHERE event = coalesce(?1, event) AND endpoint = coalesce(?2, endpoint)
             AND status = coalesce(?3, status) AND id < coalesce(?4, id + 1) ORDER BY id DESC LIMIT ?5"
        );
        let query = sqlx::query_as(AssertSqlSafe(query));
        let query = query.bind(filter.event).bind(filter.endpoint).bind(filter.status).bind(filter.before).bind(PAGE);
        let rows: Vec<Row> = query.fetch_all(self.database.reader()).await.map_err(problem)?;
        Ok(rows.into_iter().map(delivery).collect())
    }

    pub async fn get(&self, id: i64) -> Result<Details, Problem> {
        // Both questions see the same moment: what is written down between them is in neither answer.
        let mut snapshot = self.database.reader().begin().await.map_err(problem)?;
        let query = sqlx::query_as(AssertSqlSafe(format!("{COLUMNS} WHERE id = ?"))).bind(id);
        let row: Option<Row> = query.fetch_optional(&mut *snapshot).await.map_err(problem)?;
        let row = row.ok_or_else(|| Problem::not_found("there is no such delivery"))?;
        let query = sqlx::query_as("SELECT at_ms, took_ms, status, error FROM attempts WHERE delivery = ? ORDER BY id");
        let entries: Vec<(i64, i64, Option<u16>, Option<String>)> =
            query.bind(id).fetch_all(&mut *snapshot).await.map_err(problem)?;
        let log = entries.into_iter().map(|(at, ms, status, error)| Entry { at: moment(at), ms, status, error });
        Ok(Details { delivery: delivery(row), log: log.collect() })
    }
}

async fn log(connection: &mut SqliteConnection, delivery: i64, attempt: &Attempt) -> Result<(), Problem> {
    let (status, error): (Option<u16>, Option<Fault>) = (attempt.answer.ok(), attempt.answer.err());
    sqlx::query("INSERT INTO attempts (delivery, at_ms, took_ms, status, error) VALUES (?, ?, ?, ?, ?)")
        .bind(delivery)
        .bind(attempt.at.as_millisecond())
        .bind(millis(attempt.took))
        .bind(status)
        .bind(error)
        .execute(connection)
        .await
        .map(drop)
        .map_err(problem)
}

fn delivery((id, event, endpoint, status, attempts, next): Row) -> Delivery {
    Delivery { id, event, endpoint, status, attempts, next: next.map(moment) }
}

fn moment(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or_default()
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

pub fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// 128 bits by chance, in hex.
pub fn random_id(prefix: &str) -> Result<String, Problem> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(Problem::internal)?;
    Ok(format!("{prefix}{}", data_encoding::HEXLOWER.encode(&bytes)))
}
