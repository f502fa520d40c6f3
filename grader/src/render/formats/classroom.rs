//! The result of a GitHub Classroom grader: JSON in base64, for the step output `result`.

use super::feedback::{Status, cut, explanation, seconds, title};
use crate::report::Report;
use data_encoding::BASE64;
use serde_json::json;

/// The most of a message; a step output has to stay below a megabyte.
const MESSAGE: usize = 2_000;

/// The report for a GitHub Classroom reporter, for learners: one line of base64, a test a checkpoint.
pub fn classroom(report: &Report) -> String {
    let mut tests = Vec::new();
    let mut most = 0;
    for day in &report.days {
        for checkpoint in &day.checkpoints {
            let status = Status::of(&checkpoint.verdict);
            // Extra points are on top of what can be reached.
            most += if checkpoint.tier.is_required() { checkpoint.points } else { 0 };
            tests.push(json!({
                "name": title(day, checkpoint),
                "status": words(status),
                "score": if status == Status::Passed { checkpoint.points } else { 0 },
                "message": cut(&explanation(day, checkpoint), MESSAGE),
                "test_code": checkpoint.summary,
                "filename": format!("exercises/{}/tests/visible.rs", day.id),
                "line_no": 0,
                "duration": seconds(checkpoint),
            }));
        }
    }
    let status = match report.exit_code() {
        0 => "pass",
        1 => "fail",
        _ => "error",
    };
    let result = json!({ "version": 1, "status": status, "max_score": most, "tests": tests });
    BASE64.encode(result.to_string().as_bytes()) + "\n"
}

fn words(status: Status) -> &'static str {
    match status {
        Status::Passed => "pass",
        Status::Failed => "fail",
        Status::Open => "error",
    }
}
