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
    let mut trials: Vec<_> = variants.iter().map(|(flawed, program)| Trial::new(exercise, flawed, program)).collect();
    // One queue for all of them: variants that hang wait beside each other.
    run_round(&mut trials, tests, settings, |trial| Some(trial.flawed.checkpoint.clone()));
    // One other checkpoint is enough, so most are never run: it is looked for in rounds, the smallest first.
    let size = |name: &str| tests.iter().filter(|test| test.checkpoint() == name).count();
    for trial in &mut trials {
        trial.others.sort_by_key(|name| std::cmp::Reverse(size(name)));
    }
    while trials.iter().any(Trial::is_open) {
        run_round(&mut trials, tests, settings, |trial| if trial.is_open() { trial.others.pop() } else { None });
    }
    trials.iter().map(Trial::fault).collect()
}

/// What is known of one variant.
struct Trial<'a> {
    flawed: &'a Flawed,
    program: String,
    is_known: bool,
    /// The verdicts so far, by checkpoint.
    verdicts: Vec<(String, Verdict)>,
    /// The other core checkpoints that have not been run.
    others: Vec<String>,
}

impl<'a> Trial<'a> {
    fn new(exercise: &Exercise, flawed: &'a Flawed, program: &Path) -> Trial<'a> {
        let checkpoints = exercise.metadata.checkpoints.iter();
        let others = checkpoints.filter(|it| it.tier == Tier::Core && it.name != flawed.checkpoint);
        Trial {
            flawed,
            program: program.to_string_lossy().into_owned(),
            is_known: exercise.checkpoint(&flawed.checkpoint).is_some(),
            verdicts: Vec::new(),
            others: others.map(|it| it.name.clone()).collect(),
        }
    }

    /// Whether the named checkpoint has failed as it should.
    fn is_caught(&self) -> bool {
        let own = self.verdicts.iter().find(|(name, _)| *name == self.flawed.checkpoint);
        matches!(own, Some((_, Verdict::Failed | Verdict::TimedOut)))
    }

    /// Whether it is still to be shown that something works.
    fn is_open(&self) -> bool {
        self.is_caught() && !self.others.is_empty() && !self.verdicts.iter().any(|(_, verdict)| verdict.is_passed())
    }

    fn fault(&self) -> Option<String> {
        let Flawed { name, checkpoint, mistake, .. } = self.flawed;
        let name = format!("flawed/{name}.patch");
        if !self.is_known {
            return Some(format!("{name} names {checkpoint}, which is no checkpoint"));
        }
        if !self.is_caught() {
            let verdict = self.verdicts.first().map(|(_, verdict)| verdict);
            return Some(format!("{name} ({mistake}) goes unnoticed by {checkpoint}: {verdict:?}"));
        }
        let works = self.verdicts.iter().any(|(_, verdict)| verdict.is_passed());
        (!works).then(|| format!("{name} passes no other core checkpoint: it is broken rather than flawed"))
    }
}

/// Runs one checkpoint of each trial that has one to run.
fn run_round(
    trials: &mut [Trial<'_>],
    tests: &[Test],
    settings: &Settings<'_>,
    mut next: impl FnMut(&mut Trial<'_>) -> Option<String>,
) {
    let next: Vec<_> = trials.iter_mut().map(|trial| next(trial).unwrap_or_default()).collect();
    let mut queue = Vec::new();
    let mut parts = Vec::new();
    for (trial, checkpoint) in trials.iter().zip(&next) {
        let begin = queue.len();
        let own = tests.iter().filter(|test| test.checkpoint() == checkpoint);
        queue.extend(own.map(|test| (test.clone(), trial.program.as_str())));
        parts.push(begin..queue.len());
    }
    let results = in_order(&queue, settings);
    for ((trial, checkpoint), part) in trials.iter_mut().zip(next).zip(parts) {
        if !checkpoint.is_empty() {
            let verdict = Verdict::of_all(results[part].iter().map(|result| &result.verdict));
            trial.verdicts.push((checkpoint, verdict));
        }
    }
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
