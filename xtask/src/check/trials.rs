//! Runs a day's tests against its stub, its solution and its flawed variants, and says what is wrong with the tests.

use super::flawed::Flawed;
use crate::trial::{is_no, results, up_to_first_failure};
use grader::{
    exercise::{Exercise, Kind, Tier},
    process::{self, End},
    report::TestReport,
    run::{Settings, Test},
    verdict::{Cause, Verdict},
};
use std::{path::Path, process::Command, time::Duration};

/// The stub starts, and passes no checkpoint.
pub fn stub(exercise: &Exercise, program: &Path, tests: &[Test], settings: &Settings<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    let results = results(program, tests, settings);
    for checkpoint in &exercise.metadata.checkpoints {
        let verdict = verdict(&checkpoint.name, tests, &results);
        if verdict.is_passed() {
            faults.push(format!("the stub passes {}", checkpoint.name));
        }
    }
    let never_announced = |result: &&TestReport| result.message.contains("the program announces its listeners");
    if exercise.metadata.kind == Kind::Service
        && let Some(silent) = results.iter().find(never_announced)
    {
        faults.push(format!("the stub does not start:\n{}", silent.message));
    }
    faults.extend(help(program));
    faults
}

/// `--help` works in every program: it is the first thing that a learner tries.
fn help(program: &Path) -> Option<String> {
    let mut command = Command::new(program);
    command.arg("--help");
    match process::run(command, Duration::from_secs(20)) {
        Ok(finished) if matches!(finished.end, End::Exited(status) if status.success()) => None,
        Ok(finished) => Some(format!("the stub's --help fails: {:?}\n{}", finished.end, finished.output.stderr)),
        Err(error) => Some(format!("the stub cannot be started: {error}")),
    }
}

/// The solution passes everything. Returns the faults, and how many tests want a tool that is not there.
pub fn solution(program: &Path, tests: &[Test], settings: &Settings<'_>) -> (Vec<String>, usize) {
    let (mut faults, mut skipped) = (Vec::new(), 0);
    for (test, result) in tests.iter().zip(results(program, tests, settings)) {
        match &result.verdict {
            Verdict::Passed => {}
            Verdict::NotRun { cause: Cause::Skipped, .. } => skipped += 1,
            other => faults.push(format!("the solution fails {}: {other:?}\n{}", test.name, result.message)),
        }
    }
    (faults, skipped)
}

/// Why a flawed variant does not prove anything, if so: it has to fail the checkpoint that it names, and to pass another
/// one of the core, or else it is broken and not flawed.
pub fn flawed(
    exercise: &Exercise,
    flawed: &Flawed,
    program: &Path,
    tests: &[Test],
    settings: &Settings<'_>,
) -> Option<String> {
    let Flawed { name, checkpoint, mistake, .. } = flawed;
    let name = format!("flawed/{name}.patch");
    if exercise.checkpoint(checkpoint).is_none() {
        return Some(format!("{name} names {checkpoint}, which is no checkpoint"));
    }
    let verdict = first_failure(checkpoint, program, tests, settings);
    if !is_no(&verdict) {
        return Some(format!("{name} ({mistake}) goes unnoticed by {checkpoint}: {verdict:?}"));
    }
    // One other checkpoint is enough, so most are never run: the smallest is asked first.
    let core = exercise.metadata.checkpoints.iter().filter(|it| it.tier == Tier::Core && it.name != *checkpoint);
    let mut others: Vec<_> = core.map(|it| it.name.as_str()).collect();
    others.sort_by_key(|name| tests.iter().filter(|test| test.checkpoint() == *name).count());
    let works = others.iter().any(|other| first_failure(other, program, tests, settings).is_passed());
    (!works).then(|| format!("{name} passes no other core checkpoint: it is broken rather than flawed"))
}

/// Runs the tests of a checkpoint one after the other, up to the first that fails.
fn first_failure(checkpoint: &str, program: &Path, tests: &[Test], settings: &Settings<'_>) -> Verdict {
    let mut own: Vec<_> = tests.iter().filter(|test| test.checkpoint() == checkpoint).cloned().collect();
    // The hidden ones were made for the mistakes, so they come to an end sooner.
    own.sort_by_key(|test| !test.is_hidden());
    verdict(checkpoint, &own, &up_to_first_failure(program, &own, settings))
}

fn verdict(checkpoint: &str, tests: &[Test], results: &[TestReport]) -> Verdict {
    let own = tests.iter().zip(results).filter(|(test, _)| test.checkpoint() == checkpoint);
    Verdict::of_all(own.map(|(_, result)| &result.verdict))
}
