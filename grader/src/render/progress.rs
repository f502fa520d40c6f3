//! Where a learner stands, for a terminal.

use super::{day::Mark, paint::Paint};
use crate::{
    exercise::title_of_week,
    progress::{Progress, Standing},
};
use std::fmt::Write;

/// Where you are, what is next, and the commands that matter.
pub fn home(progress: &Progress<'_>, paint: Paint) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}  {}\n", paint.bold("Thirty Backends"), summary(progress));
    damaged(&mut text, progress, paint);
    match progress.next() {
        Some(next) => {
            next_day(&mut text, next, paint);
            commands(&mut text, next.exercise.number);
        }
        None if progress.standings.is_empty() => text.push_str("The course has no days yet.\n"),
        None => {
            text.push_str("Every day passes. Show it: cargo xtask report --html\n");
            if progress.stars() < progress.standings.len() {
                text.push_str("Stretch checkpoints are left: cargo xtask list\n");
            }
        }
    }
    text
}

/// The first day that does not pass, and what is open in it.
pub fn next(progress: &Progress<'_>, paint: Paint) -> String {
    let mut text = String::new();
    damaged(&mut text, progress, paint);
    match progress.next() {
        Some(next) => next_day(&mut text, next, paint),
        None => text.push_str("Every day passes.\n"),
    }
    text
}

/// All days by week.
pub fn list(progress: &Progress<'_>, paint: Paint) -> String {
    let mut text = String::new();
    damaged(&mut text, progress, paint);
    let width = progress.standings.iter().map(|standing| standing.exercise.metadata.title.chars().count()).max();
    let next = progress.next().map(|next| next.exercise.number);
    let mut week = 0;
    for standing in &progress.standings {
        let exercise = standing.exercise;
        if exercise.metadata.week != week {
            let gap = if week == 0 { "" } else { "\n" };
            week = exercise.metadata.week;
            let _ = writeln!(text, "{gap}{}", paint.bold(&title_of_week(week)));
        }
        let mark = standing.outcome().map_or_else(|| paint.dim("·"), |outcome| Mark::of_day(outcome).painted(paint));
        let arrow = if next == Some(exercise.number) { "→" } else { " " };
        let title = &exercise.metadata.title;
        let _ = writeln!(
            text,
            "{arrow} {mark} {:02}  {title:width$}  {}",
            exercise.number,
            points(standing, paint),
            width = width.unwrap_or_default(),
        );
    }
    let _ = writeln!(text, "\n{}", summary(progress));
    if progress.visible_only {
        let _ = writeln!(text, "{}", paint.dim(super::VISIBLE_ONLY));
    }
    text
}

fn summary(progress: &Progress<'_>) -> String {
    let all = progress.standings.len();
    let stars = match progress.stars() {
        0 => String::new(),
        1 => ", one with a star".to_owned(),
        many => format!(", {many} with a star"),
    };
    let days = if all == 1 { "day passes" } else { "days pass" };
    format!("{} of {all} {days}{stars}", progress.days_passed())
}

fn damaged(text: &mut String, progress: &Progress<'_>, paint: Paint) {
    for damaged in &progress.damaged {
        let what = format!("{} cannot be read and is passed over: {}", damaged.path.display(), damaged.why);
        let _ = writeln!(text, "{}", paint.yellow(&what));
    }
    if !progress.damaged.is_empty() {
        text.push_str("Grading its day again replaces it.\n\n");
    }
}

fn points(standing: &Standing<'_>, paint: Paint) -> String {
    let Some(report) = &standing.report else {
        let minutes = standing.exercise.metadata.minutes;
        return paint.dim(&format!("not graded yet, about {}", duration(minutes)));
    };
    let (required, extra) = report.required_and_extra();
    let extra = if extra == 0 { String::new() } else { format!(" + {extra}") };
    let note = if report.build_failure.is_some() { paint.dim("  does not compile") } else { String::new() };
    format!("{required:>3} of {} points{extra}{note}", report.points_required)
}

fn duration(minutes: u32) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

fn next_day(text: &mut String, standing: &Standing<'_>, paint: Paint) {
    let exercise = standing.exercise;
    let title = format!("Day {:02}: {}", exercise.number, exercise.metadata.title);
    let _ = writeln!(text, "{}", paint.bold(&title));
    let _ = writeln!(text, "  Read   exercises/{}/README.md", exercise.id);
    let _ = writeln!(text, "  Write  exercises/{}/src", exercise.id);
    let open = standing.open_checkpoint().and_then(|name| exercise.checkpoint(name));
    if let (Some(report), Some(open)) = (&standing.report, open) {
        let passed = standing.checkpoints_passed();
        let _ = writeln!(text, "\n  {passed} of {} checkpoints pass. Open is", report.checkpoints.len());
        let _ = writeln!(text, "  {}: {}", paint.bold(&open.name), open.summary);
    }
}

fn commands(text: &mut String, day: u8) {
    let _ = writeln!(text);
    for (command, what) in [
        (format!("grade {day}"), "run its tests"),
        (format!("watch {day}"), "run them each time you save"),
        (format!("hint {day}"), "a nudge for the open checkpoint"),
        ("list".to_owned(), "all days"),
    ] {
        let _ = writeln!(text, "  cargo xtask {command:9} {what}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_at_a_glance() {
        assert_eq!([45, 120, 150].map(duration), ["45 min", "2 h", "2 h 30 min"]);
    }
}
