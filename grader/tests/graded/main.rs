//! The grader is graded: sample submissions, each a program with one way of being right or wrong, and the reports that
//! they must get.
//!
//! All submissions are days of one generated course with the same tests, so that a single run also shows that no
//! submission costs another anything.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod course;
mod handed_out;

use course::Course;
use grader::{
    catalog::Catalog,
    grade::{Request, Subject, grade},
    report::{DayReport, Report},
    verdict::Verdict,
};
use std::{fs, path::Path};

fn request(timeout_scale: f64) -> Request {
    Request {
        subject: Subject::Stubs,
        checkpoint: None,
        jobs: 4,
        seed: 7,
        timeout_scale,
        fail_fast: false,
        colour: false,
        cancel: None,
    }
}

fn graded(course: &Course, submissions: &[&str], timeout_scale: f64) -> Report {
    let catalog = Catalog::read(course.root()).unwrap();
    let names: Vec<_> = (1..=submissions.len()).map(|day| day.to_string()).collect();
    let exercises = catalog.select(&names).unwrap();
    grade(&catalog, &exercises, &request(timeout_scale), &mut |_| {}).unwrap()
}

/// The report without what differs from run to run: times, ports, process ids, places.
fn golden(report: &Report) -> String {
    let mut text = String::new();
    for day in &report.days {
        text.push_str(&format!("{}: {:?}, {} of {}\n", day.id, day.outcome, day.points, day.points_required));
        if let Some(errors) = &day.build_failure {
            text.push_str(&format!("  does not compile: {}\n", errors.lines().next().unwrap_or_default()));
        }
        // One explanation a day is enough to see that it is the right one.
        let mut lines = 12;
        for checkpoint in &day.checkpoints {
            text.push_str(&format!("  {}: {}\n", checkpoint.name, words(&checkpoint.verdict)));
            for test in checkpoint.tests.iter().filter(|test| !test.verdict.is_passed()) {
                text.push_str(&format!("    {}: {}\n", test.name, words(&test.verdict)));
                for line in test.message.lines().take(std::mem::take(&mut lines)) {
                    let line: String = without_numbers(line).chars().take(120).collect();
                    text.push_str(&format!("      {line}\n"));
                }
            }
        }
    }
    text.push_str(&format!("exit status {}\n", report.exit_code()));
    text
}

fn words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::NotRun { cause, reason } => format!("not run, {cause:?}: {}", without_numbers(reason)),
        other => format!("{other:?}"),
    }
}

fn without_numbers(line: &str) -> String {
    let mut text = String::new();
    let mut digits = String::new();
    for c in line.chars().chain(['\n']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        text.push_str(if digits.len() > 3 { "N" } else { &digits });
        digits.clear();
        text.push(c);
    }
    text.trim_end().to_owned()
}

fn day<'a>(report: &'a Report, name: &str) -> &'a DayReport {
    report.days.iter().find(|day| day.id.ends_with(&name.replace('_', "-"))).unwrap()
}

#[test]
fn honest_submissions_get_what_they_deserve() {
    let submissions = ["passes_all", "passes_some", "passes_none", "does_not_compile"];
    let course = Course::with("honest", &submissions, "visible.rs");
    let report = graded(&course, &submissions, 2.0);
    insta::assert_snapshot!("honest", golden(&report));
    assert!(day(&report, "does_not_compile").build_failure.as_ref().unwrap().contains("no method named `to_capitals`"));
    validate(&report);
}

#[test]
fn what_hangs_dies_or_lies_fails_and_leaves_nothing_behind() {
    let submissions = [
        "exits_at_start",
        "never_announces",
        "announces_and_does_not_serve",
        "hangs_in_the_middle",
        "leaves_children",
        "floods_stdout",
        "forges_results",
    ];
    let course = Course::with("hostile", &submissions, "visible.rs");
    let report = graded(&course, &submissions, 0.1);
    for day in &report.days {
        assert_eq!(day.points, 0, "{} gets points:\n{}", day.id, golden(&report));
        assert!(day.checkpoints.iter().all(|checkpoint| checkpoint.verdict == Verdict::Failed), "{}", golden(&report));
    }
    insta::assert_snapshot!("hostile", golden(&report));
    assert_eq!(processes_below(course.root()), Vec::<String>::new());
    validate(&report);
}

#[test]
fn faults_of_the_course_are_nobodys_failure() {
    let course = Course::with("faulty", &["passes_all"], "faulty.rs");
    let report = graded(&course, &["passes_all"], 2.0);
    insta::assert_snapshot!("faulty", golden(&report));
    assert_eq!(report.exit_code(), 2);
    validate(&report);
}

#[test]
fn the_first_failure_ends_a_run_that_is_told_so() {
    let course = Course::with("fail_fast", &["passes_none"], "visible.rs");
    let catalog = Catalog::read(course.root()).unwrap();
    let exercises = catalog.select(&[]).unwrap();
    let request = Request { fail_fast: true, jobs: 1, ..request(2.0) };
    let report = grade(&catalog, &exercises, &request, &mut |_| {}).unwrap();
    let verdicts: Vec<_> = report.days[0].checkpoints.iter().map(|checkpoint| &checkpoint.verdict).collect();
    let failed = verdicts.iter().filter(|verdict| ***verdict == Verdict::Failed).count();
    assert_eq!((failed, verdicts.len()), (1, 4), "{}", golden(&report));
}

#[test]
fn one_checkpoint_can_be_graded_alone() {
    let course = Course::with("checkpoint", &["passes_some"], "visible.rs");
    let catalog = Catalog::read(course.root()).unwrap();
    let exercises = catalog.select(&[]).unwrap();
    let only = |name: &str| Request { checkpoint: Some(name.to_owned()), ..request(2.0) };
    let report = grade(&catalog, &exercises, &only("shout"), &mut |_| {}).unwrap();
    assert!(report.partial && report.days[0].checkpoints.len() == 1 && report.exit_code() == 0);
    let error = grade(&catalog, &exercises, &only("shuot"), &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("did you mean shout?"), "{error}");
}

/// The command lines of living processes that name something below `folder`.
fn processes_below(folder: &Path) -> Vec<String> {
    let commands = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let command = fs::read(entry.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&command).replace('\0', " "))
    });
    let programs = course::programs(folder);
    commands.filter(|command| programs.iter().any(|program| command.contains(program))).collect()
}

/// The report is what the published schema says.
fn validate(report: &Report) {
    let schema = include_str!("../../report.schema.json");
    let schema = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let value = serde_json::from_str(&grader::render::json(report)).unwrap();
    let faults: Vec<_> =
        validator.iter_errors(&value).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
