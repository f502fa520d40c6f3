//! A report for a person at a terminal: the days as a table, and what to do next.

use super::{
    day::{self, Mark},
    paint::Paint,
};
use crate::report::{DayReport, Outcome, Report};
use std::fmt::Write;

/// The report as text. One day is shown with all its checkpoints; several days as a table, followed by the first that
/// does not pass.
pub fn terminal(report: &Report, paint: Paint) -> String {
    let mut text = String::new();
    match report.days.as_slice() {
        [] => text.push_str("The course has no days yet.\n"),
        [only] => day::checkpoints(&mut text, only, report.partial, paint),
        days => {
            table(&mut text, days, paint);
            if let Some(first) = days.iter().find(|day| !day.outcome.is_pass()) {
                text.push('\n');
                day::next_step(&mut text, first, paint);
            }
        }
    }
    text.push('\n');
    ignored(&mut text, report, paint);
    summary(&mut text, report, paint);
    passed_over(&mut text, report, paint);
    if report.conditions.visible_only {
        let _ = writeln!(text, "{}", paint.dim(super::VISIBLE_ONLY));
    }
    if report.conditions.limits.is_some() {
        let _ = writeln!(text, "{}", paint.dim(&format!("graded in sandbox {}", report.conditions.sandbox_tier)));
    }
    text
}

/// A submission of a whole checkout may differ in more files than anybody wants to read here.
const SHOWN_CHANGES: usize = 10;

fn ignored(text: &mut String, report: &Report, paint: Paint) {
    let changes = &report.ignored_changes;
    if changes.is_empty() {
        return;
    }
    let _ = writeln!(text, "{}", paint.yellow("Ignored changes, which had no effect:"));
    for change in changes.iter().take(SHOWN_CHANGES) {
        let _ = writeln!(text, "  {} ({})", change.path, change.what);
    }
    if changes.len() > SHOWN_CHANGES {
        let _ = writeln!(text, "  … and {} more", changes.len() - SHOWN_CHANGES);
    }
    text.push('\n');
}

fn table(text: &mut String, days: &[DayReport], paint: Paint) {
    let width = days.iter().map(|day| day.title.chars().count()).max().unwrap_or_default();
    let extra_width = days.iter().map(|day| plus(day.required_and_extra().1).len()).max().unwrap_or_default();
    for day in days {
        let mark = Mark::of_day(day.outcome);
        let passed = day.checkpoints.iter().filter(|checkpoint| checkpoint.verdict.is_passed()).count();
        let (required, extra) = day.required_and_extra();
        let _ = writeln!(
            text,
            " {} {:02}  {:width$}  {:>3} of {:>3} points{:extra_width$}  {}",
            mark.painted(paint),
            day.number,
            day.title,
            required,
            day.points_required,
            plus(extra),
            paint.dim(&format!("{passed} of {} checkpoints{}", day.checkpoints.len(), remark(day))),
        );
    }
}

/// What passes was not looked at with every tool.
fn passed_over(text: &mut String, report: &Report, paint: Paint) {
    let tests = match report.days.iter().map(DayReport::passed_over).sum() {
        0 => return,
        1 => "One test was".to_owned(),
        many => format!("{many} tests were"),
    };
    let line =
        format!("{tests} skipped, because a tool is missing here: `cargo xtask doctor` says which and how to get it.");
    let _ = writeln!(text, "{}", paint.dim(&line));
}

/// Points for stretch checkpoints are shown apart: they are no part of what a day asks for.
fn plus(extra: u32) -> String {
    if extra == 0 { String::new() } else { format!(" + {extra}") }
}

fn remark(day: &DayReport) -> &'static str {
    match day.outcome {
        _ if day.build_failure.is_some() => ", does not compile",
        _ if day.refusal.is_some() => ", not taken",
        Outcome::NotGraded => ", could not be graded",
        _ => "",
    }
}

fn summary(text: &mut String, report: &Report, paint: Paint) {
    if report.partial {
        let _ = writeln!(text, "{}", paint.dim("Only one checkpoint was asked for, so no day counts as passed."));
        return;
    }
    let (passed, all) = (report.days_passed, report.days.len());
    let days = if all == 1 { "day passes" } else { "days pass" };
    let stars = report.days.iter().filter(|day| day.outcome == Outcome::Star).count();
    let stars = match stars {
        0 => String::new(),
        1 => ", one with a star".to_owned(),
        many => format!(", {many} with a star"),
    };
    let points = report.days.iter().map(DayReport::required_and_extra);
    let (required, extra) = points.fold((0, 0), |sum, points| (sum.0 + points.0, sum.1 + points.1));
    let extra = if extra == 0 { String::new() } else { format!(" and {extra} extra") };
    let line = format!("{passed} of {all} {days}{stars}; {required} of {} points{extra}", report.points_required);
    let line = if all > 0 && passed == all { paint.green(&line) } else { line };
    let _ = writeln!(text, "{}", paint.bold(&line));
}
