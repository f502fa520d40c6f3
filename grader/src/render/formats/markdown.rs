//! Feedback for one learner in Markdown.

use super::feedback::{Status, cut, explanation};
use crate::render::VISIBLE_ONLY;
use crate::report::{CheckpointReport, DayReport, Outcome, Report};
use std::fmt::Write;

/// The most of one explanation: a page that nobody can load helps nobody.
const EXPLANATION: usize = 4_000;
/// Below the mebibyte that GitHub takes as the summary of a step.
const ALL: usize = 1_000_000;

/// The report as Markdown, for learners: the days as a table, and what is open in each day that does not pass.
pub fn markdown(report: &Report) -> String {
    let mut text = format!("# {} of {} days pass\n\n", report.days_passed, report.days.len());
    text.push_str("| Day | | Points | Checkpoints |\n| --- | --- | --- | --- |\n");
    for day in &report.days {
        let (required, extra) = day.required_and_extra();
        let extra = if extra == 0 { String::new() } else { format!(" + {extra}") };
        let passed = day.checkpoints.iter().filter(|checkpoint| checkpoint.verdict.is_passed()).count();
        let _ = writeln!(
            text,
            "| {:02} {} | {} | {required} of {}{extra} | {passed} of {} |",
            day.number,
            day.title,
            words(day.outcome),
            day.points_required,
            day.checkpoints.len()
        );
    }
    if report.conditions.visible_only {
        let _ = writeln!(text, "\n{VISIBLE_ONLY}");
    }
    if !report.ignored_changes.is_empty() {
        text.push_str("\nChanged outside of what counts, without effect:\n\n");
        for change in report.ignored_changes.iter().take(20) {
            let _ = writeln!(text, "- {} ({})", code(&change.path), change.what);
        }
    }
    let mut left_out = 0;
    for day in report.days.iter().filter(|day| day.outcome != Outcome::Star) {
        let section = section(day);
        if text.len() + section.len() < ALL {
            text.push_str(&section);
        } else {
            left_out += 1;
        }
    }
    if left_out > 0 {
        let _ = writeln!(text, "\n{left_out} more days are left out here: grade them one by one.");
    }
    text
}

fn words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Star => "★ passed",
        Outcome::Passed => "✓ passed",
        Outcome::Failed => "✗ open",
        Outcome::NotGraded => "– could not be graded",
    }
}

fn section(day: &DayReport) -> String {
    let mut text = format!("\n## Day {:02}: {}\n", day.number, day.title);
    if let Some(errors) = &day.build_failure {
        let _ = write!(text, "\nThe program does not compile.\n\n{}", block(errors));
        return text;
    }
    if let Some(reason) = &day.refusal {
        let _ = write!(text, "\nNot taken.\n\n{}", block(reason));
        return text;
    }
    for checkpoint in &day.checkpoints {
        if Status::of(&checkpoint.verdict) != Status::Passed {
            text.push_str(&open(day, checkpoint));
        }
    }
    text
}

fn open(day: &DayReport, checkpoint: &CheckpointReport) -> String {
    let mut text =
        format!("\n**`{}`** ({}, {}): {}\n", checkpoint.name, checkpoint.tier, checkpoint.points, checkpoint.summary);
    let _ = write!(text, "\n{}", block(&explanation(day, checkpoint)));
    text
}

/// Text that is nothing but text: between fences longer than any in it.
fn block(text: &str) -> String {
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    let text: String =
        cut(text.trim_end(), EXPLANATION).chars().filter(|c| *c == '\n' || *c == '\t' || !c.is_control()).collect();
    format!("{fence}text\n{text}\n{fence}\n")
}

/// A path in a line of text. Whoever chose it chose its characters, too.
fn code(path: &str) -> String {
    let path: String = path.chars().map(|c| if c == '`' || c.is_control() { '?' } else { c }).collect();
    format!("`{path}`")
}
