//! Points into the store. A batch is one transaction: it is on disk as a whole before it is acknowledged. Points that
//! cannot be stored are left out, and the others are stored.

use crate::{
    line::{Point, Value},
    store::{self, Fault, Field, Kind, Policy, Store},
    time,
};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

/// How many values one INSERT brings.
const VALUES: usize = 500;
/// How often expired points are removed. Until then nobody is shown them.
const EXPIRY: Duration = Duration::from_secs(30 * 60);

/// What became of a batch.
#[derive(Debug, Default)]
pub struct Outcome {
    pub stored: usize,
    /// Points that were left out.
    pub dropped: usize,
    /// Why the first of them was.
    pub reason: Option<String>,
}

/// A value and its place.
struct Cell<'a> {
    series: i64,
    field: i64,
    time: i64,
    value: &'a Value,
}

/// Stores points. A value for a series, field and time that is there replaces it; other fields of that time stay.
pub async fn write(store: &Store, policy: &Policy, points: &[Point]) -> Result<Outcome, Fault> {
    let cutoff = policy.cutoff(time::now());
    let mut transaction = store.database.begin().await?;
    let mut known = Known::default();
    let mut outcome = Outcome::default();
    let mut cells = Vec::new();
    for point in points {
        let refusal = if point.time < cutoff {
            Some("points beyond retention policy".to_owned())
        } else {
            known.conflict(&mut transaction, policy, point).await?
        };
        if let Some(reason) = refusal {
            outcome.dropped += 1;
            outcome.reason.get_or_insert(reason);
            continue;
        }
        outcome.stored += 1;
        let series = known.series(&mut transaction, policy, point).await?;
        for (name, value) in &point.fields {
            let field = known.field(&mut transaction, policy, &point.measurement, name, kind(value)).await?.id;
            cells.push(Cell { series, field, time: point.time, value });
        }
    }
    for part in cells.chunks(VALUES) {
        insert(&mut transaction, part).await?;
    }
    transaction.commit().await?;
    Ok(outcome)
}

async fn insert(connection: &mut SqliteConnection, cells: &[Cell<'_>]) -> sqlx::Result<()> {
    let mut query = QueryBuilder::<Sqlite>::new("INSERT INTO points (series, field, time, value) ");
    query.push_values(cells, |mut row, cell| {
        row.push_bind(cell.series).push_bind(cell.field).push_bind(cell.time);
        match cell.value {
            Value::Float(value) => row.push_bind(*value),
            Value::Integer(value) => row.push_bind(*value),
            Value::Text(value) => row.push_bind(value.clone()),
            Value::Boolean(value) => row.push_bind(*value),
        };
    });
    query.push(" ON CONFLICT (series, field, time) DO UPDATE SET value = excluded.value");
    query.build().execute(connection).await.map(drop)
}

fn kind(value: &Value) -> Kind {
    match value {
        Value::Float(_) => Kind::Float,
        Value::Integer(_) => Kind::Integer,
        Value::Text(_) => Kind::String,
        Value::Boolean(_) => Kind::Boolean,
    }
}

/// What this batch has met already, so that each series and field is looked up once and not for every point.
#[derive(Default)]
struct Known<'a> {
    fields: HashMap<&'a str, BTreeMap<String, Field>>,
    series: HashMap<(&'a str, &'a BTreeMap<String, String>), i64>,
}

impl<'a> Known<'a> {
    /// Why a point cannot be stored: it has a field of another type. Nothing of it is stored then.
    async fn conflict(
        &mut self,
        connection: &mut SqliteConnection,
        policy: &Policy,
        point: &'a Point,
    ) -> sqlx::Result<Option<String>> {
        let measurement = point.measurement.as_str();
        if !self.fields.contains_key(measurement) {
            self.fields.insert(measurement, store::fields(connection, policy.database, measurement).await?);
        }
        let fields = &self.fields[measurement];
        Ok(point.fields.iter().find_map(|(name, value)| {
            let (is, was) = (kind(value), fields.get(name)?.kind);
            (is != was).then(|| {
                format!(
                    "field type conflict: input field \"{name}\" on measurement \"{measurement}\" is type {}, already \
                     exists as type {}",
                    is.name(),
                    was.name()
                )
            })
        }))
    }

    async fn series(
        &mut self,
        connection: &mut SqliteConnection,
        policy: &Policy,
        point: &'a Point,
    ) -> sqlx::Result<i64> {
        let key = (point.measurement.as_str(), &point.tags);
        if let Some(id) = self.series.get(&key) {
            return Ok(*id);
        }
        let tags = store::write_tags(&point.tags);
        sqlx::query("INSERT INTO series (policy, measurement, tags) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(policy.id)
            .bind(&point.measurement)
            .bind(&tags)
            .execute(&mut *connection)
            .await?;
        let id = sqlx::query_scalar("SELECT id FROM series WHERE policy = ? AND measurement = ? AND tags = ?")
            .bind(policy.id)
            .bind(&point.measurement)
            .bind(&tags)
            .fetch_one(connection)
            .await?;
        self.series.insert(key, id);
        Ok(id)
    }

    /// A field, made now if nobody has written it before.
    async fn field(
        &mut self,
        connection: &mut SqliteConnection,
        policy: &Policy,
        measurement: &'a str,
        name: &str,
        kind: Kind,
    ) -> sqlx::Result<Field> {
        let fields = self.fields.entry(measurement).or_default();
        if let Some(field) = fields.get(name) {
            return Ok(*field);
        }
        let query = sqlx::query("INSERT INTO fields (database, measurement, name, kind) VALUES (?, ?, ?, ?)");
        let query = query.bind(policy.database).bind(measurement).bind(name).bind(kind);
        let field = Field { id: query.execute(connection).await?.last_insert_rowid(), kind };
        fields.insert(name.to_owned(), field);
        Ok(field)
    }
}

/// Removes what has expired, now and then.
pub async fn expire(store: Store) {
    let mut clock = tokio::time::interval(EXPIRY);
    loop {
        clock.tick().await;
        let query = sqlx::query(
            "DELETE FROM points WHERE (series, field, time) IN (
                 SELECT series, field, time FROM policies
                 JOIN series ON series.policy = policies.id JOIN points ON points.series = series.id
                 WHERE duration_ns IS NOT NULL AND time < ? - duration_ns)",
        );
        if let Err(error) = query.bind(time::now()).execute(store.database.writer()).await {
            eprintln!("warning: expired points could not be removed: {error}");
        }
    }
}
