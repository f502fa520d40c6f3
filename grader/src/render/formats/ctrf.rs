//! The Common Test Report Format.

use super::{feedback::claim, lines};
use crate::{
    report::Report,
    verdict::{Cause, Verdict},
};
use serde_json::{Value, json};

/// The report as CTRF, for the course: hidden tests with their messages. A report holds how long tests took, and not when
/// they ran, so `start` is 0.
pub fn ctrf(report: &Report) -> String {
    let mut tests: Vec<Value> = Vec::new();
    for day in &report.days {
        for checkpoint in &day.checkpoints {
            let suite = json!([day.id, checkpoint.name]);
            let tags = json!([checkpoint.tier.to_string()]);
            if checkpoint.tests.is_empty() {
                let mut test = json!({
                    "name": checkpoint.name,
                    "status": status(&checkpoint.verdict),
                    "duration": 0,
                    "suite": suite,
                    "tags": tags,
                });
                set_text(&mut test, "message", reason(&checkpoint.verdict));
                set_text(&mut test, "trace", day.build_failure.as_deref());
                tests.push(test);
            }
            for test in &checkpoint.tests {
                let mut value = json!({
                    "name": claim(test),
                    "status": status(&test.verdict),
                    "duration": test.millis,
                    "suite": suite,
                    "tags": tags,
                });
                set_text(&mut value, "message", reason(&test.verdict).or(Some(&checkpoint.summary)));
                set_text(&mut value, "trace", Some(&test.message));
                tests.push(value);
            }
        }
    }
    let count = |status: &str| tests.iter().filter(|test| test["status"] == status).count();
    let duration: u64 = tests.iter().filter_map(|test| test["duration"].as_u64()).sum();
    lines(&json!({
        "reportFormat": "CTRF",
        "specVersion": "0.0.0",
        "results": {
            "tool": { "name": "thirty-backends" },
            "summary": {
                "tests": tests.len(),
                "passed": count("passed"),
                "failed": count("failed"),
                "skipped": count("skipped"),
                "pending": count("pending"),
                "other": count("other"),
                "start": 0,
                "stop": duration,
            },
            "tests": tests,
        },
    }))
}

fn set_text(test: &mut Value, key: &str, text: Option<&str>) {
    if let (Some(text), Some(object)) = (text.filter(|text| !text.is_empty()), test.as_object_mut()) {
        object.insert(key.to_owned(), Value::from(text));
    }
}

fn reason(verdict: &Verdict) -> Option<&str> {
    match verdict {
        Verdict::NotRun { reason, .. } => Some(reason),
        _ => None,
    }
}

fn status(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed | Verdict::TimedOut | Verdict::NotRun { cause: Cause::Build | Cause::Refused, .. } => "failed",
        Verdict::NotRun { cause: Cause::Skipped, .. } => "skipped",
        Verdict::NotRun { cause: Cause::Stopped, .. } => "pending",
        Verdict::NotRun { cause: Cause::Fault, .. } => "other",
    }
}
