//! Points out of the store. Series are put into groups by their tags; each group is a table of its own, either of the
//! points themselves or of aggregates. SQLite does the counting, for it is next to the data.

use crate::{
    Limits,
    influxql::{Column, Fill, Function, GroupBy, Select},
    line::{Point, Value},
    store::{Fault, Field, Kind, Policy, Series, Store},
};
use sqlx::{QueryBuilder, Row as _, Sqlite, sqlite::SqliteRow};
use std::collections::{BTreeMap, BTreeSet};

/// The answer for one group.
#[derive(Debug)]
pub struct Table {
    /// None without GROUP BY.
    pub tags: Option<BTreeMap<String, String>>,
    /// Without the time, which is always the first.
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
    /// Rows are left out, for there are too many.
    pub partial: bool,
}

#[derive(Debug, Clone)]
pub struct Row {
    pub time: i64,
    pub cells: Vec<Option<Value>>,
}

/// Where the cells of a column come from.
enum Origin {
    Field(Field),
    Tag(String),
    /// Nobody has ever written it.
    Nowhere,
}

/// What all groups of a SELECT have in common.
struct Plan<'a> {
    store: &'a Store,
    select: &'a Select,
    fields: BTreeMap<String, Field>,
    /// The first and last time whose points count.
    range: (i64, i64),
    now: i64,
    limits: Limits,
}

/// Runs a SELECT; `rows_left` is what the reply may still hold.
pub async fn select(
    store: &Store,
    policy: &Policy,
    select: &Select,
    now: i64,
    limits: Limits,
    rows_left: &mut usize,
) -> Result<Vec<Table>, Fault> {
    let measurement = &select.from.measurement;
    let fields = store.fields(policy.database, measurement).await?;
    let all = store.series(policy, measurement).await?;
    let keys: BTreeSet<&String> = all.iter().flat_map(|series| series.tags.keys()).collect();
    let group_by: BTreeSet<&String> = match &select.group_by {
        GroupBy::AllTags => keys.clone(),
        GroupBy::Tags(tags) => tags.iter().collect(),
    };
    let columns = if select.columns.is_empty() {
        let names: BTreeSet<&String> =
            fields.keys().chain(keys.into_iter().filter(|key| !group_by.contains(key))).collect();
        names.into_iter().map(|name| Column { function: None, name: name.clone(), alias: None }).collect()
    } else {
        select.columns.clone()
    };

    let range = (select.first.unwrap_or(i64::MIN).max(policy.cutoff(now)), select.last.unwrap_or(i64::MAX));
    let plan = Plan { store, select, fields, range, now, limits };
    if let (Some(first), Some(interval)) = (select.first, select.interval) {
        plan.check_buckets(first, interval)?;
    }
    let mut groups: BTreeMap<Vec<&str>, Vec<&Series>> = BTreeMap::new();
    for series in all.iter().filter(|series| matches(series, select)) {
        groups.entry(group_by.iter().map(|key| series.tag(key)).collect()).or_default().push(series);
    }
    let mut tables = Vec::new();
    for (values, group) in groups {
        let rows = if columns.iter().any(|column| column.function.is_some()) {
            plan.aggregates(&columns, &group).await?
        } else {
            plan.points(&columns, &group, *rows_left).await?
        };
        tables.push(Table { tags: None, columns: names(&columns), rows, partial: false });
        todo!("its tags are {values:?}; a table without rows is left out; at most {rows_left} rows may follow")
    }
    Ok(tables)
}

/// The rows of tables as points of another measurement; the tags of the groups stay tags.
pub fn into_points(tables: Vec<Table>, measurement: &str) -> Vec<Point> {
    todo!("{} tables become points of {measurement}", tables.len())
}

fn matches(series: &Series, select: &Select) -> bool {
    todo!("does {series:?} have the tags that {:?} wants?", select.tags)
}

/// The names of columns: `mean`, and `mean_1` when there is one already.
fn names(columns: &[Column]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for column in columns {
        let plain = column.alias.clone().or_else(|| column.function.map(|function| function.name().to_owned()));
        let plain = plain.unwrap_or_else(|| column.name.clone());
        let mut name = plain.clone();
        for number in 1.. {
            if !names.contains(&name) {
                break;
            }
            name = format!("{plain}_{number}");
        }
        names.push(name);
    }
    names
}

impl Plan<'_> {
    /// The points of a group, at most one more than are `wanted`, by which the caller sees that there are more.
    async fn points(&self, columns: &[Column], group: &[&Series], wanted: usize) -> Result<Vec<Row>, Fault> {
        let origin = |column: &Column| match self.fields.get(&column.name) {
            Some(field) => Origin::Field(*field),
            None if group.iter().any(|series| series.tags.contains_key(&column.name)) => {
                Origin::Tag(column.name.clone())
            }
            None => Origin::Nowhere,
        };
        let origins: Vec<Origin> = columns.iter().map(origin).collect();
        let ids =
            origins.iter().filter_map(|origin| if let Origin::Field(field) = origin { Some(field.id) } else { None });
        let ids: Vec<i64> = ids.collect();
        let end =
            self.select.offset.saturating_add(self.select.limit.unwrap_or(usize::MAX).min(wanted.saturating_add(1)));
        // A row has at most one value of each field, so this is enough for all rows up to the end.
        let values = end.saturating_mul(ids.len());

        let mut query = self.query("SELECT series, field, time, value", group, &ids);
        query.push(if self.select.descending { " ORDER BY time DESC, series" } else { " ORDER BY time, series" });
        query.push(" LIMIT ").push_bind(i64::try_from(values).unwrap_or(i64::MAX));
        let mut rows: Vec<Row> = Vec::new();
        for found in query.build().fetch_all(self.store.database.reader()).await? {
            let (series, id, time): (i64, i64, i64) = (found.try_get(0)?, found.try_get(1)?, found.try_get(2)?);
            for (at, origin) in origins.iter().enumerate() {
                match origin {
                    Origin::Field(field) => rows.push(Row { time, cells: vec![Some(value(&found, 3, field.kind)?)] }),
                    Origin::Tag(key) => todo!("the tag {key} of the series {series} in column {at}"),
                    Origin::Nowhere => {}
                }
            }
            todo!("values of one series and time are one row; this one is of the field {id}")
        }
        rows.truncate(end);
        Ok(rows.into_iter().skip(self.select.offset).collect())
    }

    /// Aggregates of a group: one row, or one for each interval.
    async fn aggregates(&self, columns: &[Column], group: &[&Series]) -> Result<Vec<Row>, Fault> {
        let mut results = Vec::new();
        for column in columns {
            results.push(match (column.function, self.fields.get(&column.name)) {
                (Some(function), Some(field)) => self.aggregate(function, &column.name, *field, group).await?,
                _ => BTreeMap::new(),
            });
        }
        let buckets: BTreeSet<i64> = results.iter().flat_map(BTreeMap::keys).copied().collect();
        let Some(first) = buckets.first() else { return Ok(Vec::new()) };
        let cells = |bucket: &i64| -> Vec<Option<Value>> {
            results.iter().map(|result| result.get(bucket).map(|found| found.value.clone())).collect()
        };
        let Some(interval) = self.select.interval else {
            let times: Vec<_> = results.iter().map(|result| result.get(first).and_then(|found| found.time)).collect();
            todo!("one row with {:?}, and which of {times:?} or {:?}?", cells(first), self.select.first)
        };
        let start = floor(self.select.first.unwrap_or(*first), interval);
        let count = self.check_buckets(start, interval)?;
        let mut rows: Vec<Row> = buckets.iter().map(|time| Row { time: *time, cells: cells(time) }).collect();
        self.fill(columns, &mut rows);
        todo!("{count} rows from {start} on, filled, in order, and only those that were asked for: {rows:?}")
    }

    /// How many intervals there are from `first` to the end of the range; an error when these are too many.
    fn check_buckets(&self, first: i64, interval: i64) -> Result<i64, Fault> {
        let last = self.select.last.unwrap_or(self.now);
        let most = self.limits.max_buckets;
        todo!("count the intervals of {interval} from {first} to {last}; an error when there are more than {most}")
    }

    fn fill(&self, columns: &[Column], rows: &mut [Row]) {
        if self.select.fill != Fill::None {
            todo!("fill the empty cells of {columns:?} in {rows:?} as {:?} says", self.select.fill)
        }
    }

    /// One aggregate of one field, by the beginning of the interval. Without an interval there is one, at 0.
    async fn aggregate(
        &self,
        function: Function,
        name: &str,
        field: Field,
        group: &[&Series],
    ) -> Result<BTreeMap<i64, Aggregate>, Fault> {
        let is_number = matches!(field.kind, Kind::Float | Kind::Integer);
        let (expression, kind) = match function {
            Function::Count => ("count(*), NULL", Kind::Integer),
            _ => todo!("the SQL for {function:?} of {name} in {field:?}; is {is_number} important?"),
        };
        let interval = self.select.interval.unwrap_or(i64::MAX);
        let mut query = QueryBuilder::new("SELECT ");
        query.push_bind(floor(0, interval)).push(" AS bucket, ").push(expression);
        self.push_from(&mut query, group, &[field.id]);
        query.push(" GROUP BY bucket");
        let mut found = BTreeMap::new();
        for row in query.build().fetch_all(self.store.database.reader()).await? {
            found.insert(row.try_get(0)?, Aggregate { value: value(&row, 1, kind)?, time: row.try_get(2)? });
        }
        Ok(found)
    }

    fn query(&self, columns: &str, group: &[&Series], fields: &[i64]) -> QueryBuilder<Sqlite> {
        let mut query = QueryBuilder::new(columns);
        self.push_from(&mut query, group, fields);
        query
    }

    /// The values of these series and fields within the range. Lists go to SQLite as JSON, so that the number of
    /// parameters does not grow with them.
    fn push_from(&self, query: &mut QueryBuilder<Sqlite>, group: &[&Series], fields: &[i64]) {
        let ids: Vec<i64> = group.iter().map(|series| series.id).collect();
        let list = |ids: &[i64]| serde_json::to_string(ids).unwrap_or_default();
        query.push(" FROM points WHERE series IN (SELECT value FROM json_each(").push_bind(list(&ids));
        query.push(")) AND field IN (SELECT value FROM json_each(").push_bind(list(fields));
        query.push(")) AND time BETWEEN ").push_bind(self.range.0).push(" AND ").push_bind(self.range.1);
    }
}

struct Aggregate {
    value: Value,
    /// Of the point, where the aggregate is one of the points.
    time: Option<i64>,
}

/// The beginning of the interval that a time is in, before 1970 too.
fn floor(time: i64, interval: i64) -> i64 {
    todo!("the last multiple of {interval} that is not after {time}")
}

fn value(row: &SqliteRow, column: usize, kind: Kind) -> sqlx::Result<Value> {
    Ok(match kind {
        Kind::Float => Value::Float(row.try_get(column)?),
        Kind::Integer => Value::Integer(row.try_get(column)?),
        Kind::String => Value::Text(row.try_get(column)?),
        Kind::Boolean => Value::Boolean(row.try_get(column)?),
    })
}
