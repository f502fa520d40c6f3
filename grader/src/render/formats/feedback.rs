//! What a learner is told about a checkpoint: everything of tests that can be read, and of hidden ones the claim.

use crate::{
    report::{CheckpointReport, DayReport, TestReport},
    verdict::{Cause, Verdict},
};

/// What came out, in the three words that most tools know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Passed,
    Failed,
    /// Nothing is known, and it is not the program's fault.
    Open,
}

impl Status {
    pub(super) fn of(verdict: &Verdict) -> Status {
        match verdict {
            Verdict::Passed => Status::Passed,
            Verdict::Failed | Verdict::TimedOut | Verdict::NotRun { cause: Cause::Build | Cause::Refused, .. } => {
                Status::Failed
            }
            Verdict::NotRun { .. } => Status::Open,
        }
    }
}

/// `Day 03 create_and_read`
pub(super) fn title(day: &DayReport, checkpoint: &CheckpointReport) -> String {
    format!("Day {:02} {}", day.number, checkpoint.name)
}

/// A claim is a sentence whose spaces are underscores.
pub(super) fn claim(test: &TestReport) -> String {
    test.name.replace("::", ": ").replace('_', " ")
}

/// Why a checkpoint does not pass; empty when it does.
pub(super) fn explanation(day: &DayReport, checkpoint: &CheckpointReport) -> String {
    match &checkpoint.verdict {
        Verdict::Passed => return String::new(),
        Verdict::NotRun { cause: Cause::Build, reason } => {
            return format!("{reason}\n\n{}", day.build_failure.as_deref().unwrap_or_default());
        }
        Verdict::NotRun { reason, .. } if checkpoint.tests.is_empty() => return reason.clone(),
        _ => {}
    }
    let mut open: Vec<_> = checkpoint.tests.iter().filter(|test| !test.verdict.is_passed()).collect();
    // A test that can be read explains most.
    open.sort_by_key(|test| test.hidden);
    let paragraphs: Vec<_> = open.into_iter().map(about).collect();
    paragraphs.join("\n\n")
}

/// One test that does not pass, for a learner.
pub(super) fn about(test: &TestReport) -> String {
    let head = match &test.verdict {
        Verdict::Passed | Verdict::Failed => claim(test),
        Verdict::TimedOut => format!("{} (timed out)", claim(test)),
        Verdict::NotRun { reason, .. } => format!("{} (not run: {reason})", claim(test)),
    };
    match test.message.trim_end() {
        _ if test.hidden => format!("{head} (hidden test)"),
        "" => head,
        message => format!("{head}\n{message}"),
    }
}

/// Seconds that the tests of a checkpoint took.
pub(super) fn seconds(checkpoint: &CheckpointReport) -> f64 {
    checkpoint.tests.iter().map(|test| test.millis).sum::<u64>() as f64 / 1000.0
}

/// At most `limit` bytes, cut between characters, with a mark where something is missing.
pub(super) fn cut(text: &str, limit: usize) -> String {
    const MARK: &str = "…";
    if text.len() <= limit {
        return text.to_owned();
    }
    let mut end = limit.saturating_sub(MARK.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{MARK}", &text[..end])
}
