//! A table for people: on a terminal, and as the page `docs/speed.md`.

use super::{Row, Table};
use std::fmt::Write;

/// What precedes the table on the page.
const HEAD: &str = "\
# How fast grading is

Each line is two ways to do the same, measured in one run on one machine in turn; medians of rounds. A number means something
only beside the other one in its line. This page and `speed.json` are written by

```console
cargo xtask bench --all --json docs/speed.json --markdown docs/speed.md
```

on a machine that does nothing else, and `cargo xtask bench --quick` compares a few of the lines with them.

**The plain way** is `cargo test` of a package that has the program and its tests together, as in most courses: here the
reference solutions with all their tests, which are the same tests on both sides. It is given what the course's packages
have anyway (one set of features, no unit-test harness of the program, nothing unoptimised that is slow on purpose), and
once more with the best settings for it: `debug = 0` and `incremental = false`. Dependencies are compiled before anything is
measured. An exercise of `rustlings` is one file without dependencies, so it is no equal rival; it is there for what it feels
like.

";

impl Table {
    /// For a terminal.
    pub fn as_text(&self) -> String {
        let mut lines = vec![["what", "beside", "takes", "ours", "ratio", "goal"].map(str::to_owned)];
        lines.extend(self.rows.iter().map(cells));
        let width = |column: usize| lines.iter().map(|cells| cells[column].chars().count()).max().unwrap_or(0);
        let widths = [0, 1, 2, 3, 4, 5].map(width);
        let mut text = format!("{}\n\n", self.machine);
        for cells in &lines {
            let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
            text.push_str(padded.collect::<Vec<_>>().join("  ").trim_end());
            text.push('\n');
        }
        for floor in &self.floors {
            // Writing to a string cannot fail.
            let _ = write!(text, "\n  {}: {}", floor.what, floor.takes);
        }
        text + "\n"
    }

    /// As a page.
    pub fn as_markdown(&self) -> String {
        let mut page = format!("{HEAD}Measured on {}; course {}.\n\n", self.machine, self.course);
        page.push_str("| what | beside | takes | ours | ratio | goal |\n| --- | --- | --- | --- | --- | --- |\n");
        for row in &self.rows {
            let _ = writeln!(page, "| {} |", cells(row).join(" | "));
        }
        let missed: Vec<_> = self.rows.iter().filter(|row| row.is_reached() == Some(false)).collect();
        if !missed.is_empty() {
            page.push_str("\n## Goals that are missed\n\n");
        }
        for rows in missed.chunk_by(|one, next| one.reason == next.reason) {
            let names: Vec<_> = rows.iter().map(|row| name(row)).collect();
            let reason = rows[0].reason.as_deref().unwrap_or("?");
            let _ = writeln!(page, "- {}: {reason}.", names.join("; "));
        }
        if !self.floors.is_empty() {
            page.push_str("\n## Where the time goes\n\nParts of the work alone, measured in the same run.\n\n");
            page.push_str("| what | takes |\n| --- | --- |\n");
        }
        for floor in &self.floors {
            let _ = writeln!(page, "| {} | {} |", floor.what, floor.takes);
        }
        page
    }
}

/// How a row is called outside of its table.
fn name(row: &Row) -> String {
    if row.beside.is_empty() { format!("**{}**", row.what) } else { format!("**{}**, beside {}", row.what, row.beside) }
}

fn cells(row: &Row) -> [String; 6] {
    let or_nothing = |text: Option<String>| text.unwrap_or_default();
    let reached = match row.is_reached() {
        Some(true) => ", reached",
        Some(false) => ", missed",
        None => "",
    };
    [
        row.what.clone(),
        row.beside.clone(),
        or_nothing(row.theirs.map(|amount| amount.to_string())),
        row.ours.to_string(),
        or_nothing(row.ratio().map(|ratio| format!("{ratio:.3}"))),
        or_nothing(row.goal.map(|goal| format!("{goal}{reached}"))),
    ]
}
