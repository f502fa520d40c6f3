//! `cargo xtask bench`: speed, always as a ratio of two things that are measured in the same run on the same machine.
//!
//! # Layout
//!
//! ```text
//! grading ──► table ──► terminal, JSON, Markdown
//! edit, submission,     ratios, goals, floors, and what was committed before
//! cohort, …
//! ```
//!
//! `grading` measures the grader beside the plain way: `cargo test`, day by day. Beside it stand the solutions of days that
//! have a rival in the world (`etl`, `gateway`, `log_analyzer`), and what containment costs (`sandbox`).

mod etl;
mod gateway;
mod grading;
mod log_analyzer;
mod rounds;
mod sandbox;
mod setting;
mod table;

use clap::Parser;
use grading::Scope;
use setting::Setting;
use std::{path::PathBuf, process::ExitCode};
use table::Table;

/// Measure speed, as ratios within one run: first of grading beside `cargo test`, then of what else has a rival
///
/// What is measured is the last commit, in copies of the course below target/bench. They and what is compiled there are
/// kept: the first run compiles every dependency twice and takes minutes longer.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask bench", max_term_width = 100, after_help = AFTER_HELP)]
struct Args {
    /// What to measure; everything but first-contact when nothing is named
    #[arg(value_name = "WHAT")]
    what: Vec<String>,
    /// How often each side runs; the median counts. Whole submissions run a third as often, at least once
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// What whole submissions consist of, to try something out: 3, 03, day03 or day03-notes-api; all days when none is given
    #[arg(long, value_name = "DAY", value_delimiter = ',')]
    days: Vec<String>,
    /// Measure first-contact as well
    #[arg(long, conflicts_with = "quick")]
    all: bool,
    /// Only what takes little time and on few days, beside docs/speed.json: exit status 1 when a ratio is worse by more than
    /// a quarter
    #[arg(long)]
    quick: bool,
    /// Write the table for programs, as `--quick` reads it. It is written anew after each line, so a run that is stopped has
    /// lost only what it was at
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the table as a page, also after each line
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Keep what this run does not measure in the table of `--json`, which has to be of the same machine and the same course:
    /// since its commit nothing but documents and the benchmark has changed
    #[arg(long, requires = "json", conflicts_with = "quick")]
    add: bool,
}

const AFTER_HELP: &str = "\
Grading, beside the plain way:
  edit             an edited day, from the change to its verdict
  rustlings        the same beside an edited exercise of rustlings, when that is installed
  submission       a whole new submission
  one-day-changed  the same submission again, with one day changed
  unchanged        the same submission again
  cohort           one more submission of a cohort, beside its compiler's work alone
  nothing-changed  grading one's own days again, beside their tests alone
  first-contact    from a fresh clone to the verdict of day 1, beside a whole build, and the size of the target folder when
                   all days are solved; about twenty minutes
Others:
  2, 9, 23         a day's solution beside goaccess, sqlite3, nginx
  sandbox          a submission in a sandbox and without one";

/// The exit status when something could not be measured.
const COULD_NOT: u8 = 2;
/// The exit status when something has become slower.
const WORSE: u8 = 1;

/// Where the committed table is.
const COMMITTED: &str = "docs/speed.json";

/// One thing that can be measured.
struct Bench {
    name: &'static str,
    run: fn(&Setting) -> Result<(), String>,
}

const OTHERS: [Bench; 4] = [
    Bench { name: "2", run: log_analyzer::run },
    Bench { name: "9", run: etl::run },
    Bench { name: "23", run: gateway::run },
    Bench { name: "sandbox", run: sandbox::run },
];

fn main() -> ExitCode {
    if let Err(error) = grader::compile::stand_in() {
        eprintln!("error: rustc could not be watched: {error}");
        return ExitCode::from(COULD_NOT);
    }
    #[cfg(target_os = "linux")]
    if let Some(code) = setting::launch() {
        return code;
    }
    match run(&Args::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(COULD_NOT)
        }
    }
}

fn run(args: &Args) -> Result<u8, String> {
    let names: Vec<_> = args.what.iter().map(|what| what.trim_start_matches('0')).collect();
    expect_known(&names)?;
    let is_named = |name: &str| names.contains(&name);
    let setting = Setting::new(usize::from(args.rounds), args.days.clone())?;
    let scope = if args.quick { Scope::Quick } else { Scope::Whole };
    // Read first: it may be the file that is written at the end.
    let committed = if args.quick { Some(Table::read(&setting.catalog.root().join(COMMITTED))?) } else { None };

    let wanted: Vec<_> = grading::ALL
        .iter()
        .filter(|bench| match (names.is_empty(), args.quick) {
            (false, _) => is_named(bench.name),
            (true, true) => bench.is_quick,
            (true, false) => !bench.is_long || args.all,
        })
        .collect();
    let mut worse = Vec::new();
    if !wanted.is_empty() {
        let before = args.json.as_deref().filter(|_| args.add).map(Table::read).transpose()?;
        let with_before = |table: &Table| match &before {
            Some(before) => {
                let is_same = grading::is_same_course(setting.catalog.root(), &before.course, &table.course)?;
                let course = if is_same { &table.course } else { &before.course }.clone();
                table.clone().added_to(Table { course, ..before.clone() })
            }
            None => Ok(table.clone()),
        };
        let (table, failures) = grading::measure(&setting, scope, &wanted, |table| write(args, &with_before(table)?))?;
        print!("{}", with_before(&table)?.as_text());
        if !failures.is_empty() {
            return Err(format!("not measured: {}; the reasons stand above", failures.join(", ")));
        }
        worse = committed.map(|committed| table.worse_than(&committed)).unwrap_or_default();
    }
    for bench in OTHERS.iter().filter(|bench| is_named(bench.name) || names.is_empty() && !args.quick) {
        (bench.run)(&setting)?;
    }
    for sentence in &worse {
        println!("worse: {sentence}");
    }
    Ok(if worse.is_empty() { 0 } else { WORSE })
}

/// Writes the table to where it was asked for.
fn write(args: &Args, table: &Table) -> Result<(), String> {
    if let Some(path) = &args.json {
        table.write(path)?;
    }
    if let Some(path) = &args.markdown {
        grader::store::write(path, table.as_markdown().as_bytes()).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn expect_known(names: &[&str]) -> Result<(), String> {
    let known: Vec<_> =
        grading::ALL.iter().map(|bench| bench.name).chain(OTHERS.iter().map(|bench| bench.name)).collect();
    match names.iter().find(|name| !known.contains(name)) {
        Some(unknown) => Err(format!("nothing called {unknown:?} is measured; there are: {}", known.join(", "))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
        let unknown = expect_known(&["edit", "edits"]).unwrap_err();
        assert!(unknown.contains("\"edits\"") && unknown.contains("first-contact"), "{unknown}");
        for bench in grading::ALL.iter().map(|bench| bench.name) {
            assert!(AFTER_HELP.contains(&format!("\n  {bench} ")), "{bench} is not in the help");
        }
    }
}
