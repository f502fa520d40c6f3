//! Exercism's test runner interface, version 3.

use super::{
    feedback::{Status, about, cut, explanation},
    lines,
};
use crate::report::{CheckpointReport, DayReport, Report};
use serde_json::{Value, json};

/// The most that Exercism takes as output of a test, in characters.
const OUTPUT: usize = 500;

/// The report as Exercism's site reads it, for learners. Tasks are checkpoints, counted over all days.
pub fn exercism(report: &Report) -> String {
    let checkpoints: Vec<_> =
        report.days.iter().flat_map(|day| day.checkpoints.iter().map(move |checkpoint| (day, checkpoint))).collect();
    let ran = checkpoints.iter().any(|(_, checkpoint)| !checkpoint.tests.is_empty());
    if !ran {
        let why = checkpoints.first().map(|(day, checkpoint)| explanation(day, checkpoint)).unwrap_or_default();
        return lines(&json!({ "version": 3, "status": "error", "message": why, "tests": [] }));
    }
    let mut tests = Vec::new();
    for (number, (day, checkpoint)) in checkpoints.iter().enumerate() {
        tests.extend(tests_of(day, checkpoint, number + 1));
    }
    let all = tests.iter().all(|test| test["status"] == "pass");
    lines(&json!({ "version": 3, "status": if all { "pass" } else { "fail" }, "message": null, "tests": tests }))
}

fn tests_of(day: &DayReport, checkpoint: &CheckpointReport, task: usize) -> Vec<Value> {
    let name = |claim: &str| format!("{} > {} > {claim}", day.id, checkpoint.name);
    let entry = |name: String, status: &str, message: Option<String>| {
        let output: String = message.as_deref().unwrap_or_default().chars().take(OUTPUT).collect();
        json!({
            "name": name,
            "test_code": checkpoint.summary,
            "status": status,
            "message": message.map(|message| cut(&message, 60_000)),
            "output": if output.is_empty() { Value::Null } else { Value::from(output) },
            "task_id": task,
        })
    };
    if checkpoint.tests.is_empty() {
        let status = if Status::of(&checkpoint.verdict) == Status::Open { "error" } else { "fail" };
        return vec![entry(name(&checkpoint.summary), status, Some(explanation(day, checkpoint)))];
    }
    let test = |test: &crate::report::TestReport| {
        let status = match Status::of(&test.verdict) {
            Status::Passed => "pass",
            Status::Failed => "fail",
            Status::Open => "error",
        };
        let message = (status != "pass").then(|| about(test));
        entry(name(&super::feedback::claim(test)), status, message)
    };
    checkpoint.tests.iter().map(test).collect()
}
