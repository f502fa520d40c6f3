//! Right programs by other roads have to pass.
//!
//! The programs of this package were written from the days' pages, and differ from the reference solutions on purpose in all
//! that the pages leave open. A test that refuses one of them asks for the reference solution's own ways, which nobody told
//! the learner.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod entry;

use entry::{Entry, Source};
use grader::{
    catalog::Catalog,
    compile::{self, Build, Targets, Workspace},
    grade::{Request, Subject, grade},
    report::{CheckpointReport, DayReport},
    verdict::Verdict,
};
use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::Command,
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

/// Says where Python is, if it is what the programs are written for.
const WHERE: &str = "import sys; print(sys.executable if sys.version_info >= (3, 9) else '')";

#[test]
fn every_other_road_passes_every_checkpoint() {
    let catalog = Catalog::find(package()).unwrap();
    let entries = entry::read(package()).unwrap();
    let build = built(&catalog, &entries);
    let seed = seed();
    let python = python();

    let mut failures = Vec::new();
    for entry in &entries {
        let command = match entry.source().unwrap() {
            Source::Python(file) => match &python {
                Some(python) => Ok(shell_words::join([python.as_str(), "-B", &package().join(file).to_string_lossy()])),
                None => Err("python3, from version 3.9, is needed: install the package python3".to_owned()),
            },
            Source::Target(target) => match build.executables.get(target) {
                Some(program) => Ok(program.to_string_lossy().into_owned()),
                None => Err(format!("{target} does not compile:\n{}", build.errors(target))),
            },
        };
        match command.and_then(|command| graded(&catalog, entry, command, seed)) {
            Ok(day) => failures.extend(faults(entry, &day)),
            Err(why) => failures.push(format!("{entry}: {why}")),
        }
    }
    assert!(failures.is_empty(), "{} failures (seed {seed})\n\n{}", failures.len(), failures.join("\n\n"));
}

#[test]
fn the_readme_lists_every_program_in_the_same_words() {
    let readme = fs::read_to_string(package().join("README.md")).unwrap();
    for entry in entry::read(package()).unwrap() {
        let line = format!("| {:02} | `{}` | {} |\n", entry.day, entry.name, entry.road);
        assert!(readme.contains(&line), "README.md lacks the line\n{line}");
    }
}

/// Fewer would say little about the other days, and Rust alone nothing about other languages.
#[test]
fn ten_days_are_covered_and_three_programs_are_in_python() {
    let entries = entry::read(package()).unwrap();
    let days: BTreeSet<_> = entries.iter().map(|entry| entry.day).collect();
    let python = entries.iter().filter(|entry| matches!(entry.source(), Ok(Source::Python(_)))).count();
    assert!(days.len() >= 10, "programs for ten days are wanted, and there are some for {days:?}");
    assert!(python >= 3, "three programs in Python are wanted, and there are {python}");
}

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All programs that need a compiler, in one build.
fn built(catalog: &Catalog, entries: &[Entry]) -> Build {
    let targets = entries.iter().filter_map(|entry| match entry.source() {
        Ok(Source::Target(target)) => Some(target.to_owned()),
        _ => None,
    });
    let targets = Targets { programs: targets.collect(), tests: Vec::new() };
    compile::build(&Workspace::at(catalog.root()), &targets).unwrap()
}

/// The executable itself: `python3` may be a script that looks for it, and the tests start it a thousand times.
fn python() -> Option<String> {
    let output = Command::new("python3").args(["-c", WHERE]).output().ok()?;
    let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (!path.is_empty()).then_some(path)
}

/// Different each time; a failure names it, and `cargo xtask grade 3 --program … --seed N` repeats it.
fn seed() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |elapsed| u64::from(elapsed.subsec_nanos()))
}

fn graded(catalog: &Catalog, entry: &Entry, command: String, seed: u64) -> Result<DayReport, String> {
    let exercises = catalog.select(&[entry.day.to_string()]).map_err(|error| error.to_string())?;
    let [exercise] = exercises.as_slice() else { return Err("more than one day has this number".to_owned()) };
    for name in &entry.without {
        if exercise.checkpoint(name).is_none_or(|checkpoint| checkpoint.tier.is_required()) {
            return Err(format!("`without` names {name}, which is no stretch checkpoint of {}", exercise.id));
        }
    }
    let request = Request {
        subject: Subject::Program(command),
        checkpoint: None,
        jobs: 2 * thread::available_parallelism().map_or(1, usize::from),
        seed,
        // None of these programs is here to be fast.
        timeout_scale: 2.0,
        fail_fast: false,
        colour: false,
        cancel: None,
    };
    let report = grade(catalog, &exercises, &request, &mut |_| {}).map_err(|error| error.to_string())?;
    report.days.into_iter().next().ok_or_else(|| "there is no report".to_owned())
}

/// What the tests refuse, in their own words.
fn faults(entry: &Entry, day: &DayReport) -> Vec<String> {
    let asked_for = |it: &&CheckpointReport| !entry.without.contains(&it.name) && !it.verdict.is_passed();
    let refused = day.checkpoints.iter().filter(asked_for);
    let explained = refused.map(|checkpoint| {
        let tests = checkpoint.tests.iter().filter(|test| !test.verdict.is_passed());
        let said: Vec<_> = tests.map(|it| format!("{}: {}\n{}", it.name, words(&it.verdict), it.message)).collect();
        format!(
            "{entry}, checkpoint {}: {}\n{}",
            checkpoint.name,
            words(&checkpoint.verdict),
            said.join("\n").trim_end()
        )
    });
    explained.collect()
}

fn words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Passed => "passed".to_owned(),
        Verdict::Failed => "failed".to_owned(),
        Verdict::TimedOut => "timed out".to_owned(),
        Verdict::NotRun { reason, .. } => format!("not run: {reason}"),
    }
}
