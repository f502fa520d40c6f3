//! A log for GitHub Actions: annotations, and the report between marks that switch commands off.

use super::feedback::{Status, cut, explanation, title};
use crate::{
    render::{Paint, terminal},
    report::{DayReport, Report},
};
use std::fmt::Write;

/// GitHub shows about as many annotations of a kind for one step.
const ANNOTATIONS: usize = 10;
/// Longer ones are not read in the margin of a file.
const MESSAGE: usize = 2_000;

/// The report as a log, for learners. `token` must be one that no program under test can guess: what programs print stands
/// between `::stop-commands::` and it, so they give the runner no orders.
pub fn github(report: &Report, token: &str) -> String {
    let mut annotations = Vec::new();
    for day in &report.days {
        match &day.build_failure {
            Some(errors) => annotations.extend(compiler_errors(day, errors)),
            None => annotations.extend(open_checkpoints(day)),
        }
    }
    annotations.truncate(ANNOTATIONS);
    let mut log: String = annotations.concat();
    let _ = writeln!(log, "::stop-commands::{token}");
    log.push_str(&terminal(&for_learners(report), Paint::new(false)));
    let _ = writeln!(log, "::{token}::");
    log
}

/// Without what hidden tests say.
fn for_learners(report: &Report) -> Report {
    let mut report = report.clone();
    for checkpoint in report.days.iter_mut().flat_map(|day| &mut day.checkpoints) {
        for test in checkpoint.tests.iter_mut().filter(|test| test.hidden) {
            test.message.clear();
        }
    }
    report
}

fn open_checkpoints(day: &DayReport) -> Vec<String> {
    let open = day.checkpoints.iter().filter(|checkpoint| checkpoint.tier.is_required());
    let open = open.filter(|checkpoint| Status::of(&checkpoint.verdict) != Status::Passed);
    open.map(|checkpoint| {
        let level = if Status::of(&checkpoint.verdict) == Status::Failed { "error" } else { "warning" };
        let file = format!("exercises/{}/README.md", day.id);
        let text = format!("{}\n\n{}", checkpoint.summary, explanation(day, checkpoint));
        annotation(level, &[("file", &file), ("title", &title(day, checkpoint))], &text)
    })
    .collect()
}

/// `error[E0308]: mismatched types` with the place below it, `  --> src/main.rs:7:5`.
fn compiler_errors(day: &DayReport, messages: &str) -> Vec<String> {
    let mut annotations = Vec::new();
    let mut headline = None;
    for line in messages.lines() {
        if line.starts_with("error") {
            headline = Some(line);
        } else if let (Some(place), Some(error)) = (line.trim_start().strip_prefix("--> "), headline) {
            let mut parts = place.rsplitn(3, ':');
            if let (Some(column), Some(row), Some(file)) = (parts.next(), parts.next(), parts.next()) {
                let place = [("file", file), ("line", row), ("col", column), ("title", day.title.as_str())];
                annotations.push(annotation("error", &place, error));
            }
            headline = None;
        }
    }
    if annotations.is_empty() {
        annotations.push(annotation("error", &[("title", day.title.as_str())], "The program does not compile"));
    }
    annotations
}

fn annotation(level: &str, properties: &[(&str, &str)], message: &str) -> String {
    let properties: Vec<_> = properties.iter().map(|(name, value)| format!("{name}={}", property(value))).collect();
    format!("::{level} {}::{}\n", properties.join(","), data(cut(message.trim_end(), MESSAGE).as_str()))
}

/// What stands behind `::`, as the runner reads it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
