//! The table of ratios: what was measured beside what, and what it ought to be.

mod machine;
mod words;

pub use machine::Machine;

use serde::{Deserialize, Serialize};
use std::{fmt, fs, path::Path, time::Duration};

/// How much worse a ratio may be than the committed one before it counts. Less is within what one machine differs from
/// another, and one run from the next.
const TOLERATED: f64 = 1.25;

/// Everything that one run has measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Where it was measured.
    pub machine: Machine,
    /// The commit of the course.
    pub course: String,
    /// In the order in which they were measured.
    pub rows: Vec<Row>,
    /// What parts of it take alone.
    pub floors: Vec<Floor>,
}

/// Two things beside each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// A name that stays, by which tables are compared: `edit/day03-notes-api/test`.
    pub id: String,
    /// What was done.
    pub what: String,
    /// The other way to do it.
    pub beside: String,
    /// What the other way takes, where there is another way.
    pub theirs: Option<Amount>,
    /// What ours takes.
    pub ours: Amount,
    /// What it ought to be.
    pub goal: Option<Goal>,
    /// Why a goal may be missed, to be read together with the floors.
    pub reason: Option<String>,
}

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Amount {
    /// Seconds that somebody waits.
    Seconds(f64),
    /// Seconds that cores compute.
    CpuSeconds(f64),
    /// Bytes in memory or on a disk.
    Bytes(u64),
}

/// What a row ought to be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goal {
    /// Ours takes at most this share of theirs.
    Share(f64),
    /// Ours takes at most this.
    AtMost(Amount),
}

/// A part of the work alone, below which the whole cannot get.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Floor {
    /// What it is.
    pub what: String,
    /// What it takes.
    pub takes: Amount,
}

impl Row {
    /// A row without a goal.
    pub fn new(id: impl Into<String>, what: impl Into<String>, beside: impl Into<String>, of: (Amount, Amount)) -> Row {
        let (theirs, ours) = of;
        let (id, what, beside) = (id.into(), what.into(), beside.into());
        Row { id, what, beside, theirs: Some(theirs), ours, goal: None, reason: None }
    }

    /// The same with a goal, and with the reason why it may be missed.
    pub fn aims_at(self, goal: Goal, reason: impl Into<String>) -> Row {
        Row { goal: Some(goal), reason: Some(reason.into()), ..self }
    }

    /// Which share of theirs ours takes.
    pub fn ratio(&self) -> Option<f64> {
        self.theirs.map(|theirs| self.ours.number() / theirs.number())
    }

    /// Whether the goal is reached; none without one.
    pub fn is_reached(&self) -> Option<bool> {
        Some(match self.goal? {
            Goal::Share(share) => self.ratio()? <= share,
            Goal::AtMost(amount) => self.ours.number() <= amount.number(),
        })
    }
}

impl Amount {
    /// Time that somebody waits.
    pub fn wall(time: Duration) -> Amount {
        Amount::Seconds(time.as_secs_f64())
    }

    /// Time that cores compute.
    pub fn cpu(time: Duration) -> Amount {
        Amount::CpuSeconds(time.as_secs_f64())
    }

    /// Without its unit.
    fn number(self) -> f64 {
        match self {
            Amount::Seconds(seconds) | Amount::CpuSeconds(seconds) => seconds,
            Amount::Bytes(bytes) => bytes as f64,
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Amount::Seconds(seconds) => write!(formatter, "{seconds:.2} s"),
            Amount::CpuSeconds(seconds) => write!(formatter, "{seconds:.2} CPU s"),
            Amount::Bytes(bytes) if bytes >= 1_000_000_000 => write!(formatter, "{:.2} GB", bytes as f64 / 1e9),
            Amount::Bytes(bytes) => write!(formatter, "{:.1} MB", bytes as f64 / 1e6),
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Goal::Share(share) => write!(formatter, "≤ {share:.2}"),
            Goal::AtMost(amount) => write!(formatter, "≤ {amount}"),
        }
    }
}

impl Table {
    /// Nothing measured yet.
    pub fn new(machine: Machine, course: String) -> Table {
        Table { machine, course, rows: Vec::new(), floors: Vec::new() }
    }

    /// What was measured `before`, with these lines in the place of lines of the same name and after the others. Lines of
    /// another machine or of another state of the course would make a table that nobody has measured.
    pub fn added_to(self, before: Table) -> Result<Table, String> {
        if (&self.machine, &self.course) != (&before.machine, &before.course) {
            return Err(format!(
                "the table was measured at {} on {}, and this is {} on {}: measure all of it again, without --add",
                before.course, before.machine, self.course, self.machine
            ));
        }
        let rows = merged(before.rows, self.rows, |row| &row.id);
        let floors = merged(before.floors, self.floors, |floor| &floor.what);
        Ok(Table { rows, floors, ..before })
    }

    /// A table that was written before.
    pub fn read(path: &Path) -> Result<Table, String> {
        let shown = path.display();
        let text = fs::read_to_string(path).map_err(|error| {
            format!("cannot read {shown}: {error}; `cargo xtask bench --json {shown}` on a quiet machine writes it")
        })?;
        serde_json::from_str(&text).map_err(|error| format!("{shown} is no table of `cargo xtask bench`: {error}"))
    }

    /// Writes it for programs.
    pub fn write(&self, path: &Path) -> Result<(), String> {
        let mut json = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        json.push('\n');
        grader::store::write(path, json.as_bytes()).map_err(|error| error.to_string())
    }

    /// What is worse than in the `committed` table by more than is tolerated, a sentence each.
    pub fn worse_than(&self, committed: &Table) -> Vec<String> {
        let before = |id: &str| committed.rows.iter().find(|row| row.id == id).and_then(Row::ratio);
        let worse = self.rows.iter().filter_map(|row| {
            let (now, before) = (row.ratio()?, before(&row.id)?);
            (now > before * TOLERATED).then(|| {
                format!("{} takes {now:.3} of {}, and took {before:.3} when it was committed", row.what, row.beside)
            })
        });
        worse.collect()
    }
}

/// `before` with each of `now` in the place of the one that has its name, or at the end.
fn merged<T>(mut before: Vec<T>, now: Vec<T>, name: impl Fn(&T) -> &str) -> Vec<T> {
    for item in now {
        match before.iter_mut().find(|old| name(old) == name(&item)) {
            Some(old) => *old = item,
            None => before.push(item),
        }
    }
    before
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(ours: f64) -> Table {
        let of = (Amount::Seconds(10.0), Amount::Seconds(ours));
        let row = Row::new("edit/a/test", "an edited day", "cargo test", of).aims_at(Goal::Share(0.55), "tests run");
        let machine =
            Machine { cores: 2, cpu: "a CPU".to_owned(), system: "linux".to_owned(), rustc: "rustc".to_owned() };
        let floors = vec![Floor { what: "its tests".to_owned(), takes: Amount::Seconds(0.5) }];
        Table { machine, course: "abc".to_owned(), rows: vec![row], floors }
    }

    #[test]
    fn a_quarter_worse_is_tolerated_and_more_is_not() {
        let committed = table(4.0);
        assert_eq!(table(4.9).worse_than(&committed), Vec::<String>::new());
        let worse = table(5.1).worse_than(&committed);
        assert_eq!(worse, ["an edited day takes 0.510 of cargo test, and took 0.400 when it was committed"]);
        // What was not measured then cannot have become worse.
        assert_eq!(table(5.1).worse_than(&Table { rows: Vec::new(), ..committed }), Vec::<String>::new());
    }

    #[test]
    fn a_goal_is_reached_or_its_reason_is_stated() {
        assert_eq!(table(5.5).rows[0].is_reached(), Some(true));
        assert!(!table(5.5).as_markdown().contains("tests run"));
        assert_eq!(table(5.6).rows[0].is_reached(), Some(false));
        assert!(table(5.6).as_markdown().contains("tests run"));
    }

    #[test]
    fn a_table_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("speed.json");
        table(4.0).write(&path).unwrap();
        assert_eq!(Table::read(&path).unwrap(), table(4.0));
        fs::write(&path, "[]").unwrap();
        assert!(Table::read(&path).unwrap_err().contains("speed.json is no table"));
    }

    #[test]
    fn lines_are_added_to_a_table_of_the_same_machine_and_course_only() {
        let mut now = table(3.0);
        now.rows.push(Row { id: "edit/b/test".to_owned(), ..now.rows[0].clone() });
        let both = now.clone().added_to(table(4.0)).unwrap();
        assert_eq!(both, now, "a line that was measured again is replaced, and a new one comes after it");
        assert_eq!(Table::new(now.machine.clone(), now.course.clone()).added_to(table(4.0)).unwrap(), table(4.0));

        let other = Table { course: "def".to_owned(), ..table(4.0) };
        let error = now.added_to(other).unwrap_err();
        assert!(error.contains("def") && error.contains("abc") && error.contains("without --add"), "{error}");
    }
}
