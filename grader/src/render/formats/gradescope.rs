//! Gradescope's `results.json`: a test a checkpoint.

use super::{
    feedback::{Status, explanation, seconds, title},
    lines,
};
use crate::report::Report;
use serde_json::{Value, json};

/// The report as Gradescope reads it, for learners.
///
/// No test is hidden there, because any hidden one hides the learner's total: what learners may not see of a hidden test is
/// left out. Where something could not be graded there is no score at all: Gradescope then says that the autograder has to
/// run again, and nobody gets a zero for a full disk.
pub fn gradescope(report: &Report) -> String {
    let is_settled = report.exit_code() != 2;
    let mut tests = Vec::new();
    let mut took = 0.0;
    for day in &report.days {
        for (number, checkpoint) in day.checkpoints.iter().enumerate() {
            took += seconds(checkpoint);
            let mut test = json!({
                "name": title(day, checkpoint),
                "name_format": "text",
                "number": format!("{}.{}", day.number, number + 1),
                "max_score": checkpoint.points,
                "output": format!("{}\n\n{}", checkpoint.summary, explanation(day, checkpoint)).trim_end(),
                "output_format": "text",
                "tags": [checkpoint.tier.to_string()],
                "visibility": "visible",
            });
            let verdict = match Status::of(&checkpoint.verdict) {
                Status::Passed => Some(("passed", checkpoint.points)),
                Status::Failed => Some(("failed", 0)),
                Status::Open => None,
            };
            if let (true, Some((status, score)), Some(object)) = (is_settled, verdict, test.as_object_mut()) {
                object.insert("status".to_owned(), Value::from(status));
                object.insert("score".to_owned(), Value::from(score));
            }
            tests.push(test);
        }
    }
    let output = if is_settled {
        format!("{} of {} days pass.", report.days_passed, report.days.len())
    } else {
        "This could not be graded, which is not your fault. The autograder has to run again.".to_owned()
    };
    let mut results = json!({
        "execution_time": took,
        "output": output,
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": { "report_version": report.version, "seed": report.seed, "conditions": report.conditions },
        "tests": tests,
    });
    if let (true, Some(object)) = (is_settled, results.as_object_mut()) {
        object.insert("score".to_owned(), Value::from(report.points));
    }
    lines(&results)
}
