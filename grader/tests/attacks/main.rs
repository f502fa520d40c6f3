//! Submissions that attack the grader, the machine, or each other, and the verdicts that they must get.
//!
//! Each file of `corpus` begins with what it tries, the verdict of its day, and words of the explanation that a teacher
//! gets. A program that tries something and then serves as it should must pass: it serves only when all that it tried has
//! failed.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod cohort;
#[path = "../graded/course.rs"]
mod course;
mod left;

use cohort::{Cohort, sandbox};
use grader::{
    report::{DayReport, Outcome},
    sandbox::SandboxTier,
    verdict::Verdict,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// What stands at the head of an attack.
struct Expected {
    verdict: String,
    told: String,
}

fn corpus() -> BTreeMap<String, (Expected, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/attacks/corpus");
    let files = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    files.map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), attack(&path))).collect()
}

fn attack(path: &Path) -> (Expected, String) {
    let source = fs::read_to_string(path).unwrap();
    let head = |name: &str| {
        let line = source.lines().find_map(|line| line.strip_prefix(&format!("//! {name}:")));
        line.unwrap_or_else(|| panic!("{} has no line `{name}:`", path.display())).trim().to_owned()
    };
    assert!(!head("Tries").is_empty());
    (Expected { verdict: head("Verdict"), told: head("Told") }, source)
}

fn verdict(day: &DayReport) -> &'static str {
    match day.outcome {
        Outcome::Star | Outcome::Passed => "passed",
        Outcome::NotGraded => "not graded",
        Outcome::Failed if day.build_failure.is_some() => "does_not_compile",
        Outcome::Failed if day.refusal.is_some() => "refused",
        Outcome::Failed => "failed",
    }
}

/// Everything that a teacher is told about a day.
fn told(day: &DayReport) -> String {
    let mut text = day.build_failure.clone().unwrap_or_default() + day.refusal.as_deref().unwrap_or_default();
    for checkpoint in &day.checkpoints {
        if let Verdict::NotRun { reason, .. } = &checkpoint.verdict {
            text.push_str(reason);
        }
        for test in checkpoint.tests.iter().filter(|test| !test.verdict.is_passed()) {
            text.push_str(&format!("\n{}: {:?}\n{}", test.name, test.verdict, test.message));
        }
    }
    text
}

#[test]
fn every_attack_gets_its_verdict_and_leaves_nothing() {
    let corpus = corpus();
    let attacks: Vec<_> = corpus.iter().map(|(name, (_, source))| (name.as_str(), source.clone())).collect();
    let cohort = Cohort::new("attacks", &attacks);
    let sandbox = sandbox(Some(SandboxTier::Watchdog));
    let report = cohort.grade(&sandbox, None);
    drop(sandbox);

    let mut wrong = Vec::new();
    for ((name, (expected, _)), day) in corpus.iter().zip(&report.days) {
        let (got, told) = (verdict(day), told(day));
        if got != expected.verdict || !told.contains(&expected.told) {
            wrong.push(format!("{name}: {got} instead of {}, told: {told}", expected.verdict));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert_eq!(left::of("attacks"), BTreeSet::new(), "something is left behind");
}
