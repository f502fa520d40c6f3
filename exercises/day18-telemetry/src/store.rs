//! What is known about databases, retention policies, series and fields. The values themselves are the business of
//! `write` and `select`.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use plumbing_sqlite::Database;
use serde_json::json;
use sqlx::SqliteConnection;
use std::collections::BTreeMap;

/// Why something is answered with an error.
#[derive(Debug)]
pub enum Fault {
    /// The client's, who is told. The status counts where the whole request fails; a statement fails within a 200.
    Theirs(StatusCode, String),
    /// Ours: the log is told, and the client gets a 500.
    Ours(sqlx::Error),
}

impl Fault {
    pub fn bad(message: impl Into<String>) -> Fault {
        Fault::Theirs(StatusCode::BAD_REQUEST, message.into())
    }

    fn missing(message: String) -> Fault {
        Fault::Theirs(StatusCode::NOT_FOUND, message)
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Fault {
        Fault::Ours(error)
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let (status, message) = match self {
            Fault::Theirs(status, message) => (status, message),
            Fault::Ours(error) => {
                eprintln!("error: {error}");
                (StatusCode::INTERNAL_SERVER_ERROR, "the server could not complete the request".to_owned())
            }
        };
        (status, Json(json!({"error": message}))).into_response()
    }
}

/// Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Store {
    pub database: Database,
}

/// Where points are, and how long.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub struct Policy {
    pub id: i64,
    pub database: i64,
    /// In nanoseconds; none is for ever.
    pub duration_ns: Option<i64>,
}

impl Policy {
    /// Points before this moment are gone.
    pub fn cutoff(&self, now: i64) -> i64 {
        self.duration_ns.map_or(i64::MIN, |duration| now.saturating_sub(duration))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "lowercase")]
pub enum Kind {
    Float,
    Integer,
    String,
    Boolean,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Float => "float",
            Kind::Integer => "integer",
            Kind::String => "string",
            Kind::Boolean => "boolean",
        }
    }
}

#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub struct Field {
    pub id: i64,
    pub kind: Kind,
}

#[derive(Debug, Clone)]
pub struct Series {
    pub id: i64,
    pub tags: BTreeMap<String, String>,
}

impl Series {
    /// A tag that is absent has the value "".
    pub fn tag(&self, key: &str) -> &str {
        self.tags.get(key).map_or("", String::as_str)
    }
}

impl Store {
    pub fn new(database: Database) -> Store {
        Store { database }
    }

    /// Makes a database, if it is not there, with a policy that keeps everything.
    pub async fn create_database(&self, name: &str) -> Result<(), Fault> {
        let transaction = self.database.begin().await?;
        todo!("make {name} and its policy autogen, if it is not there, in {transaction:?}")
    }

    pub async fn databases(&self) -> Result<Vec<String>, Fault> {
        let query = sqlx::query_scalar("SELECT name FROM databases ORDER BY id");
        Ok(query.fetch_all(self.database.reader()).await?)
    }

    /// The measurements of a database, whatever their policies.
    pub async fn measurements(&self, database: i64) -> Result<Vec<String>, Fault> {
        let query = sqlx::query_scalar("SELECT DISTINCT measurement FROM fields WHERE database = ? ORDER BY 1");
        Ok(query.bind(database).fetch_all(self.database.reader()).await?)
    }

    /// Makes a policy. To make the same one again is no fault.
    pub async fn create_policy(
        &self,
        database: &str,
        name: &str,
        duration: Option<i64>,
        is_default: bool,
    ) -> Result<(), Fault> {
        let database = self.policy(database, None).await?.database;
        todo!("make {name} for {database} with {duration:?}; {is_default} says whether it becomes the default")
    }

    /// A policy of a database: this one, or the default.
    pub async fn policy(&self, database: &str, name: Option<&str>) -> Result<Policy, Fault> {
        let query = sqlx::query_scalar("SELECT id FROM databases WHERE name = ?").bind(database);
        let id: Option<i64> = query.fetch_optional(self.database.reader()).await?;
        let id = id.ok_or_else(|| Fault::missing(format!("database not found: {database}")))?;
        todo!("find {name:?}, or the default, of the database {id}")
    }

    /// The series of a measurement.
    pub async fn series(&self, policy: &Policy, measurement: &str) -> Result<Vec<Series>, Fault> {
        todo!("the series of {measurement} in the policy {}, with read_tags: {:?}", policy.id, read_tags("{}"))
    }

    pub async fn fields(&self, database: i64, measurement: &str) -> Result<BTreeMap<String, Field>, Fault> {
        let mut connection = self.database.reader().acquire().await?;
        Ok(fields(&mut connection, database, measurement).await?)
    }
}

/// The fields of a measurement by name.
pub async fn fields(
    connection: &mut SqliteConnection,
    database: i64,
    measurement: &str,
) -> sqlx::Result<BTreeMap<String, Field>> {
    let query = sqlx::query_as("SELECT name, id, kind FROM fields WHERE database = ? AND measurement = ?");
    let rows: Vec<(String, i64, Kind)> = query.bind(database).bind(measurement).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(name, id, kind)| (name, Field { id, kind })).collect())
}

/// Tags as they are stored. A BTreeMap writes its keys in order.
pub fn write_tags(tags: &BTreeMap<String, String>) -> String {
    serde_json::to_string(tags).unwrap_or_default()
}

fn read_tags(text: &str) -> BTreeMap<String, String> {
    serde_json::from_str(text).unwrap_or_default()
}
