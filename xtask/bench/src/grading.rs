//! The speed of grading beside the plain way, `cargo test`.
//!
//! ```text
//! lab ──► step ──► edit, submission, cohort, nothing_changed, target, … ──► a table
//! copies   one       what is done on both sides
//! to work  command
//! in       measured
//! ```

mod alone;
mod cohort;
mod compilers;
mod edit;
mod first_contact;
mod lab;
mod nothing_changed;
mod plain;
mod rustlings;
mod size;
mod step;
mod submission;
mod watched;

pub use lab::{hand_in, is_same_course};

use crate::{
    setting::Setting,
    table::{Amount, Floor, Machine, Row, Table},
};
use alone::Alone;
use grader::exercise::Exercise;
use lab::Lab;
use plain::PlainDays;
use step::Cost;

/// A few days of different kinds without tests that need tools: a command, a service, a service with a database.
const FEW: [&str; 3] = ["1", "3", "5"];

/// Something about grading that can be measured.
#[derive(Debug)]
pub struct Bench {
    pub name: &'static str,
    /// Whether `--quick` measures it.
    pub is_quick: bool,
    /// Whether it takes so long that it has to be asked for.
    pub is_long: bool,
    run: fn(&mut Session<'_>) -> Result<(), String>,
}

pub const ALL: [Bench; 8] = [
    Bench { name: "edit", is_quick: true, is_long: false, run: edit::run },
    Bench { name: "rustlings", is_quick: false, is_long: false, run: rustlings::run },
    Bench { name: "nothing-changed", is_quick: true, is_long: false, run: nothing_changed::run },
    Bench { name: "submission", is_quick: false, is_long: false, run: submission::whole },
    Bench { name: "one-day-changed", is_quick: true, is_long: false, run: submission::one_day_changed },
    Bench { name: "unchanged", is_quick: true, is_long: false, run: submission::unchanged },
    Bench { name: "cohort", is_quick: false, is_long: false, run: cohort::run },
    Bench { name: "first-contact", is_quick: false, is_long: true, run: first_contact::run },
];

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// A few days.
    Quick,
    /// A few days, and all.
    Whole,
}

/// One run of this command.
struct Session<'a> {
    setting: &'a Setting,
    scope: Scope,
    lab: Lab,
    /// What the plain way has taken; several benches are held against it.
    plain: PlainDays,
    tests_alone: Option<Cost>,
    rows: Vec<Row>,
    floors: Vec<Floor>,
}

/// Measures `wanted` in the order of the list, and hands what is known so far to `keep` after each of them: they take minutes
/// each, and a run that is stopped shall not lose them. Returns the table, and what could not be measured.
pub fn measure(
    setting: &Setting,
    scope: Scope,
    wanted: &[&Bench],
    mut keep: impl FnMut(&Table) -> Result<(), String>,
) -> Result<(Table, Vec<&'static str>), String> {
    let lab = Lab::new(setting)?;
    let mut table = Table::new(Machine::here(setting.catalog.root()), lab.commit.clone());
    let plain = PlainDays::default();
    let mut session = Session { setting, scope, lab, plain, tests_alone: None, rows: Vec::new(), floors: Vec::new() };
    let mut failures = Vec::new();
    for bench in wanted {
        eprintln!("measuring {}", bench.name);
        if let Err(error) = (bench.run)(&mut session) {
            eprintln!("{} could not be measured: {error}", bench.name);
            failures.push(bench.name);
        }
        // Where the system does not count what processes compute, there is nothing to compare.
        table.rows.extend(session.rows.drain(..).filter(|row| row.ratio().is_none_or(f64::is_finite)));
        table.floors.append(&mut session.floors);
        keep(&table)?;
    }
    Ok((table, failures))
}

impl Session<'_> {
    fn floor(&mut self, what: impl Into<String>, takes: Amount) {
        self.floors.push(Floor { what: what.into(), takes });
    }

    /// Whole submissions are sums over many days, and steadier than one.
    fn rounds_of_the_whole(&self) -> usize {
        (self.setting.rounds / 3).max(1)
    }

    /// The sets of days that are measured as a whole, with the names of their rows.
    fn sets(&self) -> Result<Vec<Set>, String> {
        let few = Set::new("few", &self.lab, &FEW.map(str::to_owned))?;
        Ok(if self.scope == Scope::Quick { vec![few] } else { vec![few, self.whole()?] })
    }

    /// All days.
    fn whole(&self) -> Result<Set, String> {
        Set::new("all", &self.lab, &self.setting.days)
    }

    /// What the tests of all days compute, each in a process of its own and nothing around it. It is measured once.
    fn tests_alone(&mut self) -> Result<Cost, String> {
        if let Some(cost) = self.tests_alone {
            return Ok(cost);
        }
        let days = self.whole()?.days;
        let cost = Alone::new(&self.lab, &days.iter().collect::<Vec<_>>())?.run_each(&self.lab)?;
        self.tests_alone = Some(cost);
        Ok(cost)
    }
}

/// Days that are graded together.
#[derive(Debug)]
struct Set {
    /// Part of the names of rows.
    name: &'static str,
    /// "3 days"
    title: String,
    days: Vec<Exercise>,
}

impl Set {
    fn new(name: &'static str, lab: &Lab, names: &[String]) -> Result<Set, String> {
        let selected = lab.catalog.select(names).map_err(|error| error.to_string())?;
        let days: Vec<_> = selected.into_iter().cloned().collect();
        Ok(Set { name, title: format!("{} days", days.len()), days })
    }

    /// Goals are set for the whole course.
    fn is_all(&self) -> bool {
        self.name == "all"
    }
}
