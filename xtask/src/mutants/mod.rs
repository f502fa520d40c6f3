//! `cargo xtask mutants`: are the tests of a day good enough that a changed solution fails? [cargo-mutants] makes small
//! changes of the solution, and each of them is held against the tests of the day, which are compiled once.
//!
//! ```text
//! list               campaign, suite            day, report
//! cargo-mutants ──►  builds and tries what ──►  counts, survivors,
//!                    nothing is known of        score
//!                         │      ▲
//!                         ▼      │
//!                        verdicts, order
//! ```
//!
//! [cargo-mutants]: https://mutants.rs

mod campaign;
mod day;
mod equivalent;
mod list;
mod order;
mod report;
mod suite;
mod verdicts;

use crate::{
    grade::{SEED_OF_ALL, default_jobs, print, timeout_scale},
    interrupt, journal, words,
};
use day::{Day, Sample};
use grader::{process::Cancel, run::Settings};

/// Change the solutions in many small ways, and find the changes that no test notices
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Days; all when none is given
    #[arg(value_name = "DAY")]
    days: Vec<String>,
    /// Try only a random sample of so many mutants of each day
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    sample: Option<u32>,
    /// The seed of the sample and of the tests' random input
    #[arg(long, value_name = "NUMBER", default_value_t = SEED_OF_ALL)]
    seed: u64,
    /// Try nothing; list the survivors that are known, without those that are explained
    #[arg(long, conflicts_with = "fresh")]
    list: bool,
    /// Try all mutants again, also those of which a verdict is kept
    #[arg(long)]
    fresh: bool,
}

/// Tries mutants, and prints a table and the survivors. Exit status 1 when the tests of a day are not good enough.
pub fn run(args: &Args) -> Result<u8, String> {
    let catalog = crate::catalog()?;
    let exercises = catalog.select(&args.days).map_err(words)?;
    let folder = crate::target_folder(&catalog).join("mutants");
    let sample = args.sample.map(|size| Sample { size: size as usize, seed: args.seed });
    let ids: Vec<_> = exercises.iter().map(|exercise| exercise.id.as_str()).collect();
    let mut days = Vec::new();
    for (exercise, mutants) in exercises.iter().zip(list::of(catalog.root(), &ids)?) {
        days.push(Day::new(&catalog, &folder, exercise, mutants, sample)?);
    }
    if args.list {
        for (day, counts) in days.iter().map(|day| (day, day.counts())).filter(|(_, counts)| counts.open > 0) {
            eprintln!("{}: {} of {} mutants are not tried yet", day.exercise.id, counts.open, counts.mutants);
        }
        print(&days.iter().map(report::survivors).collect::<String>());
        return Ok(u8::from(days.iter().any(|day| day.survivors().next().is_some())));
    }
    if args.fresh {
        days.iter_mut().for_each(|day| day.verdicts.forget());
    }
    let _alone = journal::take(&folder.join("lock"))?;
    let cancel = Cancel::default();
    interrupt::calls_off(&cancel)?;
    let settings = Settings {
        jobs: default_jobs(),
        seed: args.seed,
        timeout_scale: timeout_scale()?,
        root: catalog.root().to_owned(),
        fail_fast: false,
        sandbox: None,
        cancel,
    };
    let faults = campaign::run(&catalog, &folder, &mut days, &settings)?;

    if let Some(Sample { size, seed }) = sample {
        print(&format!("a random sample of {size} mutants of each day, with seed {seed}\n\n"));
    }
    print(&format!("{}\n", report::rows(&days)));
    for day in &days {
        print(&(report::survivors(day) + &report::faults(day)));
    }
    if settings.cancel.is_cancelled() {
        return Err("called off; what is known is kept, and the same command goes on".to_owned());
    }
    if !faults.is_empty() {
        return Err(format!("{} mutants could not be tried:\n{}", faults.len(), faults.join("\n")));
    }
    Ok(u8::from(!days.iter().all(report::is_enough)))
}
