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
        let refusal = known.conflict(&mut transaction, policy, point).await?;
        let series = known.series(&mut transaction, policy, point).await?;
        for (name, value) in &point.fields {
            let field = known.field(&mut transaction, policy, &point.measurement, name, kind(value)).await?.id;
            cells.push(Cell { series, field, time: point.time, value });
        }
        outcome.stored += 1;
        outcome.reason = refusal;
        todo!("what of points with a refusal, and of those before {cutoff}?")
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
    todo!("what happens to a value that is there? Then execute it on {connection:?}")
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
        todo!("compare {:?} with {fields:?}; a type is called {}", point.fields, Kind::Float.name())
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
        todo!("find or make the series with {tags} in {policy:?} on {connection:?}, and remember it")
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
        todo!("make the field {name} of {kind:?} in {policy:?} on {connection:?}, and remember it")
    }
}

/// Removes what has expired, now and then.
pub async fn expire(store: Store) {
    let mut clock = tokio::time::interval(EXPIRY);
    loop {
        clock.tick().await;
        let policies = sqlx::query("SELECT 1 FROM policies WHERE duration_ns IS NOT NULL LIMIT 1");
        match policies.fetch_optional(store.database.reader()).await {
            Ok(None) => {}
            found => todo!("{}: remove the points that have expired by {}", found.is_ok(), time::now()),
        }
    }
}
