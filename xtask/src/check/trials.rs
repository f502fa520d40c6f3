//! Runs a day's tests against its stub, its solution and its flawed variants, and says what is wrong with the tests.

use super::flawed::Flawed;
use grader::{
    exercise::{Exercise, Kind, Tier},
    process::{self, End},
    report::TestReport,
    run::{self, Settings, Test},
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
    variants: &[(&Flawed, &Path)],
    tests: &[Test],
    settings: &Settings<'_>,
) -> Vec<Option<String>> {
    let is_core = |name: &str| exercise.checkpoint(name).is_some_and(|checkpoint| checkpoint.tier == Tier::Core);
    // One queue for all of them: variants that hang wait beside each other.
    let mut queue = Vec::new();
    let mut parts = Vec::new();
    let programs: Vec<_> = variants.iter().map(|(_, program)| program.to_string_lossy()).collect();
    for ((flawed, _), program) in variants.iter().zip(&programs) {
        let wanted = |test: &&Test| test.checkpoint() == flawed.checkpoint || is_core(test.checkpoint());
        let begin = queue.len();
        queue.extend(tests.iter().filter(wanted).map(|test| (test.clone(), program.as_ref())));
        parts.push((*flawed, begin..queue.len()));
    }
    let results = in_order(&queue, settings);
    let judged = parts.into_iter().map(|(flawed, part)| {
        let tests: Vec<_> = queue[part.clone()].iter().map(|(test, _)| test.clone()).collect();
        judge(exercise, flawed, &tests, &results[part])
    });
    judged.collect()
}

fn judge(exercise: &Exercise, flawed: &Flawed, tests: &[Test], results: &[TestReport]) -> Option<String> {
    let name = format!("flawed/{}.patch", flawed.name);
    if exercise.checkpoint(&flawed.checkpoint).is_none() {
        return Some(format!("{name} names {}, which is no checkpoint", flawed.checkpoint));
    }
    let caught = verdict(&flawed.checkpoint, tests, results);
    if !matches!(caught, Verdict::Failed | Verdict::TimedOut) {
        return Some(format!("{name} ({}) goes unnoticed by {}: {caught:?}", flawed.mistake, flawed.checkpoint));
    }
    let mut others = exercise
        .metadata
        .checkpoints
        .iter()
        .filter(|checkpoint| checkpoint.tier == Tier::Core && checkpoint.name != flawed.checkpoint);
    let works = others.any(|checkpoint| verdict(&checkpoint.name, tests, results).is_passed());
    (!works).then(|| format!("{name} passes no other core checkpoint: it is broken rather than flawed"))
}

fn results(program: &Path, tests: &[Test], settings: &Settings<'_>) -> Vec<TestReport> {
    let program = program.to_string_lossy();
    let queue: Vec<_> = tests.iter().map(|test| (test.clone(), program.as_ref())).collect();
    in_order(&queue, settings)
}

fn in_order(queue: &[(Test, &str)], settings: &Settings<'_>) -> Vec<TestReport> {
    let mut results: Vec<_> = queue.iter().map(|_| None).collect();
    run::run(queue, settings, |number, result| results[number] = Some(result));
    results.into_iter().flatten().collect()
}

fn verdict(checkpoint: &str, tests: &[Test], results: &[TestReport]) -> Verdict {
    let own = tests.iter().zip(results).filter(|(test, _)| test.checkpoint() == checkpoint);
    Verdict::of_all(own.map(|(_, result)| &result.verdict))
}
