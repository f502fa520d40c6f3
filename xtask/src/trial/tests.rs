//! Runs tests against a program.

use grader::{
    report::TestReport,
    run::{self, Settings, Test},
    verdict::Verdict,
};
use std::path::Path;

/// What the tests say, in their order.
pub fn results(program: &Path, tests: &[Test], settings: &Settings<'_>) -> Vec<TestReport> {
    let program = program.to_string_lossy();
    let queue: Vec<_> = tests.iter().map(|test| (test.clone(), program.as_ref())).collect();
    let mut results: Vec<_> = queue.iter().map(|_| None).collect();
    run::run(&queue, settings, |number, result| results[number] = Some(result));
    results.into_iter().flatten().collect()
}

/// What the tests say one after the other, up to the first that fails; those after it are not run.
pub fn up_to_first_failure(program: &Path, tests: &[Test], settings: &Settings<'_>) -> Vec<TestReport> {
    results(program, tests, &Settings { jobs: 1, fail_fast: true, ..settings.clone() })
}

/// Whether this is a test's no to a program.
pub fn is_no(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Failed | Verdict::TimedOut)
}
