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
use sqlx::{AssertSqlSafe, Sqlite, SqliteConnection, query::Query, sqlite::SqliteArguments};
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
type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

const COLUMNS: &str = "SELECT id, event, endpoint, status,
    (SELECT count(*) FROM attempts WHERE delivery = deliveries.id), next_ms FROM deliveries";

impl Deliveries {
    pub fn new(database: Database, waits: Vec<u32>) -> Deliveries {
        Deliveries { database, waits: waits.into() }
    }

    /// Takes an event, with a delivery for each endpoint that wants it. Returns its id and these endpoints.
    pub async fn accept(&self, kind: &str, key: Option<&str>, body: &[u8]) -> Result<(String, Vec<String>), Problem> {
        let id = random_id("msg_")?;
        let mut transaction = self.database.begin().await.map_err(problem)?;
        let query = sqlx::query("INSERT INTO events (id, type, body) VALUES (?, ?, ?)").bind(&id).bind(kind).bind(body);
        query.execute(&mut *transaction).await.map_err(problem)?;
        let query = sqlx::query_scalar(
            "INSERT INTO deliveries (event, endpoint, ordering_key, status, next_ms)
             SELECT ?1, id, ?2, 'pending', max(?3, hold_ms) FROM endpoints
             WHERE NOT disabled AND (types = '[]' OR ?4 IN (SELECT value FROM json_each(types)))
             RETURNING endpoint",
        );
        let query = query.bind(&id).bind(key).bind(now_ms()).bind(kind);
        let endpoints = query.fetch_all(&mut *transaction).await.map_err(problem)?;
        transaction.commit().await.map_err(problem)?;
        Ok((id, endpoints))
    }

    /// What can be sent to an endpoint now, the oldest first. Of those with the same key only the first is.
    pub async fn due(&self, endpoint: &str, now_ms: i64, limit: usize) -> Result<Vec<i64>, Problem> {
        let query = sqlx::query_scalar(
            "SELECT id FROM deliveries WHERE endpoint = ?1 AND status = 'pending' AND next_ms <= ?2
             AND NOT EXISTS (SELECT 1 FROM deliveries AS earlier WHERE earlier.endpoint = ?1
                 AND earlier.ordering_key = deliveries.ordering_key AND earlier.status = 'pending'
                 AND earlier.id < deliveries.id)
             ORDER BY next_ms, id LIMIT ?3",
        );
        let query = query.bind(endpoint).bind(now_ms).bind(i64::try_from(limit).unwrap_or(i64::MAX));
        query.fetch_all(self.database.reader()).await.map_err(problem)
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
        let query = sqlx::query_scalar(
            "SELECT secret FROM secrets WHERE endpoint = ? AND (ends_ms IS NULL OR ends_ms > ?) ORDER BY id DESC",
        );
        let query = query.bind(&endpoint).bind(now_ms());
        let secrets: Vec<Vec<u8>> = query.fetch_all(self.database.reader()).await.map_err(problem)?;
        let secrets = secrets.into_iter().map(Secret::from_bytes).collect();
        Ok(Some(Parcel { delivery: id, endpoint, event, url, body, secrets, tries }))
    }

    /// Writes down what has happened, and what follows from it: one transaction, so the log and the queue agree.
    pub async fn record(&self, parcel: &Parcel, attempt: &Attempt) -> Result<(), Problem> {
        let mut transaction = self.database.begin().await.map_err(problem)?;
        log(&mut transaction, parcel.delivery, attempt).await?;
        let (id, endpoint, now) = (parcel.delivery, &parcel.endpoint, now_ms());
        let mut changes: Vec<Statement<'_>> = Vec::new();
        match attempt.answer {
            Ok(200..300) => {
                let query = sqlx::query("UPDATE deliveries SET status = 'delivered', next_ms = NULL WHERE id = ?");
                changes.push(query.bind(id));
            }
            Ok(410) => {
                changes.push(sqlx::query("UPDATE endpoints SET disabled = 1 WHERE id = ?").bind(endpoint));
                let query = "UPDATE deliveries SET status = 'dead', next_ms = NULL
                             WHERE endpoint = ? AND status = 'pending'";
                changes.push(sqlx::query(query).bind(endpoint));
            }
            Ok(_) | Err(_) => {
                let next = usize::try_from(parcel.tries).ok().and_then(|tries| self.waits.get(tries));
                let (status, next) = match next {
                    Some(wait) => (Status::Pending, Some(now + i64::from(*wait))),
                    None => (Status::Dead, None),
                };
                let query = "UPDATE deliveries SET status = ?, tries = tries + 1, next_ms = ?
                             WHERE id = ? AND status = 'pending'";
                changes.push(sqlx::query(query).bind(status).bind(next).bind(id));
            }
        }
        if let Some(wait) = attempt.retry_after {
            // Whoever asks for a pause means all deliveries, and the later of two pauses counts.
            let until = now + millis(wait);
            let query = sqlx::query("UPDATE endpoints SET hold_ms = max(hold_ms, ?) WHERE id = ?");
            changes.push(query.bind(until).bind(endpoint));
            let query = "UPDATE deliveries SET next_ms = max(next_ms, ?) WHERE endpoint = ? AND status = 'pending'";
            changes.push(sqlx::query(query).bind(until).bind(endpoint));
        }
        for change in changes {
            change.execute(&mut *transaction).await.map_err(problem)?;
        }
        transaction.commit().await.map_err(problem)
    }

    /// Makes them pending, with all of their attempts before them. Returns how many that were.
    pub async fn replay(&self, wanted: &Wanted) -> Result<u64, Problem> {
        const REVIVE: &str = "UPDATE deliveries SET status = 'pending', tries = 0,
            next_ms = max(?1, (SELECT hold_ms FROM endpoints WHERE endpoints.id = endpoint))";
        let query = match wanted {
            Wanted::Delivery { .. } => format!("{REVIVE} WHERE id = ?2 AND status <> 'pending'"),
            Wanted::Endpoint { .. } => format!("{REVIVE} WHERE endpoint = ?2 AND status = 'dead'"),
        };
        let query = sqlx::query(AssertSqlSafe(query)).bind(now_ms());
        let query = match wanted {
            Wanted::Delivery { delivery } => query.bind(delivery),
            Wanted::Endpoint { endpoint } => query.bind(endpoint),
        };
        Ok(query.execute(self.database.writer()).await.map_err(problem)?.rows_affected())
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
