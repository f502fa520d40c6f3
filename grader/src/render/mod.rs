//! A report for people and for programs. Nothing here knows how a verdict came about, so a saved report can be rendered
//! again without running anything.

mod day;
mod formats;
mod html;
mod paint;
mod progress;
mod terminal;

use crate::report::Report;

pub use formats::{classroom, ctrf, exercism, github, gradescope, junit, markdown};
pub use html::{STYLE, escape, html};
pub use paint::Paint;
pub use progress::{home, list, next};
pub use terminal::terminal;

/// What is said wherever a hand-out shows verdicts.
pub const VISIBLE_ONLY: &str =
    "Visible checkpoints only: this is a hand-out, and the course's own grading has hidden tests as well.";

/// The report's own JSON form, with a line feed at its end.
pub fn json(report: &Report) -> String {
    // A report holds nothing that JSON cannot: no maps with odd keys, no numbers that are none.
    serde_json::to_string_pretty(report).unwrap_or_default() + "\n"
}
