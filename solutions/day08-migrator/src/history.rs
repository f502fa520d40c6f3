//! What the files and the database say of each other, and what is to be done about it. Knows neither files nor SQL.

use crate::source::{Migration, Script};
use plumbing::Failure;
use std::{collections::BTreeMap, fmt};

/// A row of `_sqlx_migrations`.
#[derive(Debug, sqlx::FromRow)]
pub struct Record {
    pub version: i64,
    pub description: String,
    /// False is what older programs left behind after a failure. Somebody has to look at that database.
    pub success: bool,
    pub checksum: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Applied,
    Pending,
    /// Pending, though a later one is applied.
    Late,
    /// Applied, and the file is another one now.
    Changed,
    /// Applied, and the file is gone.
    Missing,
    /// Applied only in part, as the record says.
    Failed,
}

impl State {
    /// Neither here nor there: nothing may be applied until somebody has looked at it.
    fn is_trouble(self) -> bool {
        matches!(self, State::Changed | State::Missing | State::Failed)
    }
}

/// One version, and how it stands.
#[derive(Debug)]
pub struct Entry<'a> {
    pub version: i64,
    pub description: String,
    pub state: State,
    /// The file, unless that is missing.
    pub migration: Option<&'a Migration>,
}

/// Every version that files or database know, in order.
#[derive(Debug)]
pub struct History<'a> {
    entries: Vec<Entry<'a>>,
}

impl<'a> History<'a> {
    pub fn new(source: &'a [Migration], records: Vec<Record>) -> History<'a> {
        let latest = records.iter().map(|record| record.version).max();
        let mut entries = BTreeMap::new();
        for migration in source {
            let state = without_record(migration.version, latest);
            let description = migration.description.clone();
            let entry = Entry { version: migration.version, description, state, migration: Some(migration) };
            entries.insert(entry.version, entry);
        }
        for record in &records {
            let description = record.description.clone();
            let missing = Entry { version: record.version, description, state: State::Missing, migration: None };
            let entry = entries.entry(record.version).or_insert(missing);
            entry.state = with_record(record, entry.migration);
        }
        History { entries: entries.into_values().collect() }
    }

    pub fn entries(&self) -> &[Entry<'a>] {
        &self.entries
    }

    /// What `verify` complains about.
    pub fn wrong(&self) -> Vec<&Entry<'a>> {
        self.entries.iter().filter(|entry| entry.state.is_trouble() || entry.state == State::Late).collect()
    }

    /// What `up` has to apply, in this order.
    ///
    /// # Errors
    /// When the database does not stand where the files say.
    pub fn to_apply(&self, to: Option<i64>) -> Result<Vec<&'a Migration>, Failure> {
        self.refuse(State::is_trouble, "nothing was applied; verify says what is wrong")?;
        let open = self.entries.iter().filter(|entry| matches!(entry.state, State::Pending | State::Late));
        let wanted = open.filter(|entry| to.is_none_or(|to| entry.version <= to));
        Ok(wanted.filter_map(|entry| entry.migration).collect())
    }

    /// What `down` has to revert, in this order: the latest, or all that are later than `to`.
    ///
    /// # Errors
    /// When one of them has no way back, or a file is missing.
    pub fn to_revert(&self, to: Option<i64>) -> Result<Vec<(&'a Migration, &'a Script)>, Failure> {
        // A changed file is no obstacle: reverting and applying it again is how one gets out of that.
        self.refuse(|state| matches!(state, State::Missing | State::Failed), "nothing was reverted")?;
        let applied = self.entries.iter().rev().filter(|entry| matches!(entry.state, State::Applied | State::Changed));
        let wanted: Vec<_> = match to {
            Some(to) => applied.filter(|entry| entry.version > to).collect(),
            None => applied.take(1).collect(),
        };
        let way_back = |migration: &'a Migration| match &migration.down {
            Some(script) => Ok((migration, script)),
            None => Err(Failure::new(format!("migration {migration} has no .down.sql; nothing was reverted"))),
        };
        wanted.into_iter().filter_map(|entry| entry.migration).map(way_back).collect()
    }

    fn refuse(&self, is_obstacle: impl Fn(State) -> bool, consequence: &str) -> Result<(), Failure> {
        let obstacles: Vec<_> = self.entries.iter().filter(|entry| is_obstacle(entry.state)).collect();
        if obstacles.is_empty() {
            return Ok(());
        }
        Err(Failure::new(format!("{}: {consequence}", list(&obstacles))))
    }
}

/// The state of a file without a record, beside the latest version that has one.
fn without_record(version: i64, latest: Option<i64>) -> State {
    if latest.is_some_and(|latest| version < latest) { State::Late } else { State::Pending }
}

/// The state of a record and its file.
fn with_record(record: &Record, migration: Option<&Migration>) -> State {
    match migration {
        _ if !record.success => State::Failed,
        None => State::Missing,
        Some(migration) if migration.up.checksum() == record.checksum => State::Applied,
        Some(_) => State::Changed,
    }
}

/// `changed 2 orders, missing 3 customers`
pub fn list(entries: &[&Entry<'_>]) -> String {
    entries.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            State::Applied => "applied",
            State::Pending => "pending",
            State::Late => "late",
            State::Changed => "changed",
            State::Missing => "missing",
            State::Failed => "failed",
        })
    }
}

impl fmt::Display for Entry<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {}", self.state, self.version, self.description)
    }
}

impl fmt::Display for Migration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.version, self.description)
    }
}
