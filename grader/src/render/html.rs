//! Where a learner stands, as one page for a browser: self-contained, readable without scripts, in light and dark, on a
//! phone and on a desk.

use crate::{
    exercise::title_of_week,
    progress::{Progress, Standing},
    report::{CheckpointReport, DayReport, Outcome, TestReport},
    verdict::{Cause, Verdict},
};
use std::fmt::Write;

/// The style of all pages: colours with enough contrast in light and dark, and the text around them.
pub const STYLE: &str = include_str!("html.css");

/// The page.
pub fn html(progress: &Progress<'_>) -> String {
    let mut page = String::new();
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>Thirty Backends: {} of {} days</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n{}</style>\n</head>\n<body>\n\
         <header>\n<h1>Thirty Backends</h1>\n",
        progress.days_passed(),
        progress.standings.len(),
        STYLE,
    );
    totals(&mut page, progress);
    page.push_str("</header>\n<main>\n");
    for damaged in &progress.damaged {
        let path = escape(&damaged.path.display().to_string());
        let _ = writeln!(page, "<p class=\"note\">{path} cannot be read: {}</p>", escape(&damaged.why));
    }
    if progress.visible_only {
        let _ = writeln!(page, "<p class=\"note\">{}</p>", escape(super::VISIBLE_ONLY));
    }
    calendar(&mut page, progress);
    next_step(&mut page, progress);
    page.push_str("<h2>Days</h2>\n");
    let next = progress.next().map(|next| next.exercise.number);
    for standing in &progress.standings {
        day(&mut page, standing, next == Some(standing.exercise.number));
    }
    if progress.standings.iter().all(|standing| standing.report.is_none()) {
        page.push_str("<p>No day is graded yet.</p>\n");
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn totals(page: &mut String, progress: &Progress<'_>) {
    let all = progress.standings.len();
    let reports = progress.standings.iter().filter_map(|standing| standing.report.as_ref());
    let (points, extra) =
        reports.map(DayReport::required_and_extra).fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
    let figures = [
        (format!("{} of {all}", progress.days_passed()), "days pass"),
        (progress.stars().to_string(), "stars"),
        (points.to_string(), "points"),
        (extra.to_string(), "extra points"),
    ];
    page.push_str("<dl class=\"totals\">\n");
    for (figure, name) in figures {
        let _ = writeln!(page, "<div><dt>{name}</dt><dd>{figure}</dd></div>");
    }
    page.push_str("</dl>\n");
}

fn calendar(page: &mut String, progress: &Progress<'_>) {
    page.push_str("<h2>Calendar</h2>\n");
    let weeks: std::collections::BTreeSet<u8> =
        progress.standings.iter().map(|standing| standing.exercise.metadata.week).collect();
    for week in weeks {
        let _ = writeln!(page, "<h3>{}</h3>\n<ol class=\"week\">", title_of_week(week));
        for standing in progress.standings.iter().filter(|standing| standing.exercise.metadata.week == week) {
            let (class, mark, words) = look(standing.outcome());
            let exercise = standing.exercise;
            let title = escape(&exercise.metadata.title);
            let body = format!(
                "<span class=\"number\">{:02}</span> <span class=\"title\">{title}</span> \
                 <span class=\"state\"><span aria-hidden=\"true\">{mark}</span> {words}</span>",
                exercise.number
            );
            let body = match standing.report {
                Some(_) => format!("<a href=\"#{}\">{body}</a>", escape(&exercise.id)),
                None => format!("<span class=\"cell\">{body}</span>"),
            };
            let _ = writeln!(page, "<li class=\"{class}\">{body}</li>");
        }
        page.push_str("</ol>\n");
    }
}

/// Class, mark and words for what came out of a day. Colour is never the only sign.
fn look(outcome: Option<Outcome>) -> (&'static str, &'static str, &'static str) {
    match outcome {
        Some(Outcome::Star) => ("star", "★", "star"),
        Some(Outcome::Passed) => ("good", "✓", "passes"),
        Some(Outcome::Failed) => ("bad", "✗", "not yet"),
        Some(Outcome::NotGraded) => ("unknown", "–", "could not be graded"),
        None => ("none", "·", "not begun"),
    }
}

fn next_step(page: &mut String, progress: &Progress<'_>) {
    page.push_str("<h2>Next</h2>\n");
    let Some(next) = progress.next() else {
        page.push_str("<p>Every day passes.</p>\n");
        return;
    };
    let exercise = next.exercise;
    let _ = write!(page, "<p>Day {:02}, {}", exercise.number, escape(&exercise.metadata.title));
    if let Some(open) = next.open_checkpoint().and_then(|name| exercise.checkpoint(name)) {
        let _ = write!(page, ": <code>{}</code>, {}", escape(&open.name), escape(&open.summary));
    }
    let _ = writeln!(page, ".</p>\n<p><code>cargo xtask watch {}</code></p>", exercise.number);
}

/// A day that was graded, folded up unless it is the next one.
fn day(page: &mut String, standing: &Standing<'_>, is_open: bool) {
    let Some(report) = &standing.report else { return };
    let (class, mark, words) = look(Some(report.outcome));
    let (required, extra) = report.required_and_extra();
    let extra = if extra == 0 { String::new() } else { format!(" + {extra}") };
    let _ = writeln!(
        page,
        "<section class=\"day {class}\" id=\"{}\">\n<details{}>\n<summary><h3>Day {:02}: {} <span class=\"state\">\
         <span aria-hidden=\"true\">{mark}</span> {words}, {required} of {} points{extra}</span></h3></summary>",
        escape(&report.id),
        if is_open { " open" } else { "" },
        report.number,
        escape(&report.title),
        report.points_required,
    );
    if let Some(errors) = &report.build_failure {
        let _ = writeln!(page, "<p>The program does not compile.</p>\n<pre tabindex=\"0\">{}</pre>", escape(errors));
    }
    page.push_str("<ul class=\"checkpoints\">\n");
    for checkpoint in &report.checkpoints {
        self::checkpoint(page, checkpoint);
    }
    for withheld in &report.withheld {
        let _ = writeln!(
            page,
            "<li class=\"none\"><code>{}</code> <span class=\"tier\">{}, {} points</span><br>Not part of this hand-out.</li>",
            escape(&withheld.name),
            withheld.tier,
            withheld.points,
        );
    }
    page.push_str("</ul>\n</details>\n</section>\n");
}

fn checkpoint(page: &mut String, checkpoint: &CheckpointReport) {
    let (class, mark, words) = match &checkpoint.verdict {
        Verdict::Passed => ("good", "✓", "passed"),
        Verdict::Failed => ("bad", "✗", "failed"),
        Verdict::TimedOut => ("bad", "✗", "timed out"),
        Verdict::NotRun { cause: Cause::Build | Cause::Refused, .. } => ("bad", "✗", "not run"),
        Verdict::NotRun { .. } => ("unknown", "–", "not run"),
    };
    let _ = write!(
        page,
        "<li class=\"{class}\"><span class=\"state\"><span aria-hidden=\"true\">{mark}</span> {words}</span> <code>{}</code> \
         <span class=\"tier\">{}, {} points</span><br>{}",
        escape(&checkpoint.name),
        checkpoint.tier,
        checkpoint.points,
        escape(&checkpoint.summary),
    );
    // A test that can be read explains most.
    let mut open: Vec<_> = checkpoint.tests.iter().filter(|test| !test.verdict.is_passed()).collect();
    open.sort_by_key(|test| test.hidden);
    for test in open {
        failure(page, test);
    }
    page.push_str("</li>\n");
}

fn failure(page: &mut String, test: &TestReport) {
    let claim = test.name.replace("::", ": ").replace('_', " ");
    let hidden = if test.hidden { " (hidden test)" } else { "" };
    let message = match &test.verdict {
        Verdict::NotRun { reason, .. } => format!("{reason}\n{}", test.message),
        _ => test.message.clone(),
    };
    let _ = write!(
        page,
        "\n<details><summary>{}{hidden}</summary>\n<pre tabindex=\"0\">{}</pre>\n</details>\n",
        escape(&claim),
        escape(message.trim_end()),
    );
}

/// Text that stays text, whatever a program printed: the five characters that mean something in HTML are replaced, and
/// control characters, which HTML forbids, and those that turn the direction of what follows are made visible.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(character),
            hidden if hidden.is_control() || turns(hidden) => escaped.extend(hidden.escape_default()),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The explicit marks of the Unicode bidirectional algorithm (UAX 9, 2.1 to 2.5), with which text looks like another text.
fn turns(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_printed_stays_text() {
        let escaped = escape("<img src=x onerror='a' title=\"b\">&\u{1b}[31m\0\u{202e}שרה");
        assert_eq!(
            escaped,
            "&lt;img src=x onerror=&#39;a&#39; title=&quot;b&quot;&gt;&amp;\\u{1b}[31m\\u{0}\\u{202e}שרה"
        );
    }
}
