//! One day for a person at a terminal: its checkpoints, and the first failure in full.

use super::paint::Paint;
use crate::{
    report::{CheckpointReport, DayReport, Outcome, TestReport},
    verdict::{Cause, Verdict},
};
use std::fmt::Write;

/// A verdict as one character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Star,
    Good,
    Bad,
    Unknown,
}

impl Mark {
    pub(super) fn of_day(outcome: Outcome) -> Mark {
        match outcome {
            Outcome::Star => Mark::Star,
            Outcome::Passed => Mark::Good,
            Outcome::Failed => Mark::Bad,
            Outcome::NotGraded => Mark::Unknown,
        }
    }

    pub(super) fn of(verdict: &Verdict) -> Mark {
        match verdict {
            Verdict::Passed => Mark::Good,
            Verdict::Failed | Verdict::TimedOut | Verdict::NotRun { cause: Cause::Build | Cause::Refused, .. } => {
                Mark::Bad
            }
            Verdict::NotRun { .. } => Mark::Unknown,
        }
    }

    pub(super) fn painted(self, paint: Paint) -> String {
        match self {
            Mark::Star => paint.yellow("★"),
            Mark::Good => paint.green("✓"),
            Mark::Bad => paint.red("✗"),
            Mark::Unknown => paint.yellow("–"),
        }
    }
}

/// All checkpoints of a day, and the first that fails in full. With `complete` all that fail.
pub(super) fn checkpoints(text: &mut String, day: &DayReport, complete: bool, paint: Paint) {
    let _ = writeln!(text, "{}\n", paint.bold(&format!("Day {:02}: {}", day.number, day.title)));
    let names = day.checkpoints.iter().map(|it| &it.name).chain(day.withheld.iter().map(|it| &it.name));
    let width = names.map(String::len).max().unwrap_or_default();
    for checkpoint in &day.checkpoints {
        let _ = writeln!(
            text,
            " {} {:width$}  {}{}",
            Mark::of(&checkpoint.verdict).painted(paint),
            checkpoint.name,
            paint.dim(&format!("{:7} {:>3}", checkpoint.tier, checkpoint.points)),
            remark(checkpoint),
        );
    }
    for withheld in &day.withheld {
        let worth = format!("{:7} {:>3}  not part of this hand-out", withheld.tier, withheld.points);
        let _ = writeln!(text, "   {:width$}  {}", withheld.name, paint.dim(&worth));
    }
    if let Some(errors) = &day.build_failure {
        let _ = writeln!(text, "\n{}\n\n{errors}", paint.red("The program does not compile:"));
        return;
    }
    if let Some(reason) = &day.refusal {
        let _ = writeln!(text, "\n{} {reason}", paint.red("Not taken:"));
        return;
    }
    let mut open = day.checkpoints.iter().filter(|checkpoint| !checkpoint.verdict.is_passed());
    if complete {
        open.for_each(|checkpoint| failure(text, checkpoint, true, paint));
    } else if let Some(first) = open.next() {
        failure(text, first, false, paint);
    }
}

fn remark(checkpoint: &CheckpointReport) -> String {
    match &checkpoint.verdict {
        Verdict::Passed | Verdict::Failed => {
            let passed = checkpoint.tests.iter().filter(|test| test.verdict.is_passed()).count();
            match (checkpoint.verdict.is_passed(), checkpoint.tests.len()) {
                (true, _) => skipped(checkpoint),
                (false, all) => format!("  {passed} of {all} tests pass"),
            }
        }
        Verdict::TimedOut => "  timed out".to_owned(),
        // It stands below, once.
        Verdict::NotRun { cause: Cause::Refused, .. } => String::new(),
        Verdict::NotRun { reason, .. } => format!("  not run: {reason}"),
    }
}

/// What was left out of a checkpoint that passes without it, and why.
fn skipped(checkpoint: &CheckpointReport) -> String {
    let reasons: Vec<_> = checkpoint.tests.iter().filter_map(TestReport::skipped).collect();
    match reasons.as_slice() {
        [] => String::new(),
        [reason] => format!("  one test {reason}"),
        [reason, ..] => format!("  {} tests {reason}", reasons.len()),
    }
}

/// One checkpoint that does not pass: what it asks for, and its first failure in full, or with `complete` all of them.
fn failure(text: &mut String, checkpoint: &CheckpointReport, complete: bool, paint: Paint) {
    let title = format!("{}: {}", checkpoint.name, checkpoint.summary);
    let _ = writeln!(text, "\n{}", paint.bold(&title));
    // A test that can be read explains most.
    let mut open: Vec<_> = checkpoint.tests.iter().filter(|test| !test.verdict.is_passed()).collect();
    open.sort_by_key(|test| test.hidden);
    for (number, test) in open.into_iter().enumerate() {
        let in_full = number == 0 || complete;
        let gap = if in_full || number == 1 { "\n" } else { "" };
        let _ =
            writeln!(text, "{gap} {} {}{}", Mark::of(&test.verdict).painted(paint), words(test), place(test, paint));
        if in_full {
            let message = match &test.verdict {
                Verdict::NotRun { reason, .. } => format!("{reason}\n{}", test.message),
                _ => test.message.clone(),
            };
            for line in message.trim_end().lines() {
                let _ = writeln!(text, "   {line}");
            }
        }
    }
}

/// A claim is a sentence whose spaces are underscores.
fn words(test: &TestReport) -> String {
    test.name.replace("::", ": ").replace('_', " ")
}

fn place(test: &TestReport, paint: Paint) -> String {
    let hidden = if test.hidden { " (hidden test)" } else { "" };
    let late = if test.verdict == Verdict::TimedOut { " (timed out)" } else { "" };
    paint.dim(&format!("{hidden}{late}"))
}

/// What to do about the first day that does not pass.
pub(super) fn next_step(text: &mut String, day: &DayReport, paint: Paint) {
    let _ = writeln!(text, "{}", paint.bold(&format!("Next: day {:02}, {}", day.number, day.title)));
    let passed = day.checkpoints.iter().filter(|checkpoint| checkpoint.verdict.is_passed()).count();
    let open = day.checkpoints.iter().find(|checkpoint| !checkpoint.verdict.is_passed());
    let grade = format!("cargo xtask grade {}", day.number);
    if day.build_failure.is_some() {
        let _ = writeln!(text, "  It does not compile. The compiler's messages: {grade}");
    } else if let Some(reason) = &day.refusal {
        let _ = writeln!(text, "  Not taken: {reason}");
    } else if day.outcome == Outcome::NotGraded {
        let _ = writeln!(text, "  It could not be graded, which is not your fault. The reason: {grade}");
    } else if passed == 0 {
        let _ = writeln!(text, "  Read  exercises/{}/README.md", day.id);
        let _ = writeln!(text, "  Write exercises/{}/src", day.id);
        let _ = writeln!(text, "  Grade {grade}");
    } else if let Some(open) = open {
        let _ = writeln!(text, "  Open is {}: {}", open.name, open.summary);
        let _ = writeln!(text, "  Why: {grade}");
    }
}
