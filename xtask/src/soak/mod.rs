//! `cargo xtask soak`: runs the tests of the solutions again and again on a busy machine, in another order each time. A test
//! that fails now and then fails here sooner than before a learner's eyes.

mod failure;
mod load;
mod record;

use crate::{
    grade::{default_jobs, print, random_seed},
    interrupt,
    journal::{self, Journal},
    trial::{self, Ready},
    words,
};
use grader::{
    compile,
    exercise::Exercise,
    process::Cancel,
    run::{self, Settings, Test},
    verdict::{Cause, Verdict},
};
use load::Load;
use record::{Record, summary};
use std::{path::Path, time::Instant};

/// Run the tests of the solutions again and again on a busy machine, to find those that fail now and then
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Days; all when none is given
    #[arg(value_name = "DAY")]
    days: Vec<String>,
    /// How often all tests run
    #[arg(long, value_name = "N", required_unless_present = "summary", value_parser = clap::value_parser!(u32).range(1..))]
    runs: Option<u32>,
    /// Leave processors and disk to the tests
    #[arg(long)]
    no_load: bool,
    /// The seed of the first run, for its order and its random input; each further run has the next number
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Run nothing; show all runs of the present commit that are kept
    #[arg(long, conflicts_with_all = ["runs", "no_load", "seed"])]
    summary: bool,
}

/// What all runs have in common.
struct Soak<'a> {
    root: &'a Path,
    folder: &'a Path,
    course: &'a str,
    days: &'a [Ready<'a>],
    cancel: Cancel,
}

/// Soaks, or shows what is known. Exit status 1 when any test has failed.
pub fn run(args: &Args) -> Result<u8, String> {
    let catalog = crate::catalog()?;
    let folder = crate::target_folder(&catalog).join("soak");
    let runs = folder.join("runs.jsonl");
    let course = compile::course_version(catalog.root());
    let exercises = catalog.select(&args.days).map_err(words)?;
    if args.summary {
        let is_asked_for = |day: &str| exercises.iter().any(|exercise| exercise.id == day);
        let mut records: Vec<Record> = journal::read(&runs)?;
        records.retain(|record| record.course == course && is_asked_for(&record.day));
        return Ok(conclude(&records, &course));
    }
    if std::env::var_os("HARNESS_TIMEOUT_SCALE").is_some() {
        return Err("HARNESS_TIMEOUT_SCALE is set: longer deadlines hide what is looked for, so unset it".to_owned());
    }
    let mut journal = Journal::open(&runs)?;
    let last = journal::read(&runs)?.iter().map(|record: &Record| record.run).max().unwrap_or_default();
    eprintln!("compiling solutions and tests of {} days", exercises.len());
    let days = trial::aside(trial::solutions(&catalog, &exercises)?, &folder.join("programs"))?;
    let cancel = Cancel::default();
    interrupt::calls_off(&cancel)?;

    let soak = Soak { root: catalog.root(), folder: &folder, course: &course, days: &days, cancel };
    let load = if args.no_load { None } else { Some(Load::start(&folder.join("load"))?) };
    let (first, times) = (args.seed.unwrap_or_else(random_seed), args.runs.unwrap_or_default());
    let mut records = Vec::new();
    for (number, seed) in (last + 1..).zip(seeds(first)).take(times as usize) {
        records.extend(soak.once(number, seed, &mut journal)?);
        if soak.cancel.is_cancelled() {
            eprintln!("called off in run {number}; what is known is kept");
            break;
        }
    }
    load.map_or(Ok(()), Load::stop)?;
    let status = conclude(&records, &course);
    // What was called off has not shown that nothing fails.
    Ok(if status == 0 && soak.cancel.is_cancelled() { crate::COULD_NOT } else { status })
}

/// Shows a table, and returns the exit status.
fn conclude(records: &[Record], course: &str) -> u8 {
    print(&format!("course {course}\n\n{}", summary(records)));
    u8::from(records.iter().any(Record::is_failure))
}

/// The seeds of the runs, from the first.
fn seeds(first: u64) -> impl Iterator<Item = u64> {
    (0..).map(move |number| first.wrapping_add(number))
}

impl Soak<'_> {
    /// Runs all tests in an order that the seed decides. Each result is written down at once.
    fn once(&self, number: usize, seed: u64, journal: &mut Journal) -> Result<Vec<Record>, String> {
        let programs: Vec<_> = self.days.iter().map(|day| day.program.to_string_lossy()).collect();
        let tests = self.days.iter().zip(&programs).flat_map(|(day, program)| {
            day.tests.iter().map(move |test| (day.exercise, (test.clone(), program.as_ref())))
        });
        let mut tests: Vec<_> = tests.collect();
        fastrand::Rng::with_seed(seed).shuffle(&mut tests);
        let (exercises, queue): (Vec<&Exercise>, Vec<(Test, &str)>) = tests.into_iter().unzip();
        let settings = Settings {
            jobs: default_jobs(),
            seed,
            timeout_scale: 1.0,
            root: self.root.to_owned(),
            fail_fast: false,
            sandbox: None,
            cancel: self.cancel.clone(),
        };
        let (begin, mut records, mut fault) = (Instant::now(), Vec::new(), None);
        run::run(&queue, &settings, |place, report| {
            if matches!(report.verdict, Verdict::NotRun { cause: Cause::Stopped, .. }) {
                return;
            }
            let ((test, program), day) = (&queue[place], exercises[place]);
            let record = Record::new(self.course, number, seed, &day.id, test, &report);
            let failed = if record.is_failure() {
                failure::keep(self.folder, &record, day, test, program, &report.message)
            } else {
                Ok(())
            };
            if let Err(error) = journal.append(&record).and(failed) {
                // Without a place to write to, the rest of the run is worth nothing.
                fault.get_or_insert(error);
                self.cancel.cancel();
            }
            records.push(record);
        });
        if let Some(fault) = fault {
            return Err(fault);
        }
        let failures = records.iter().filter(|record| record.is_failure()).count();
        let (tests, seconds) = (records.len(), begin.elapsed().as_secs());
        eprintln!("run {number} (seed {seed}): {tests} tests, {failures} failures, {seconds} s");
        Ok(records)
    }
}
