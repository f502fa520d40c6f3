//! What came out when a day's tests met a real server: lines for the terminal, and all of them as a page.

use grader::{
    exercise::{self, Difference, Exercise},
    report::{Report, TestReport},
    verdict::{Cause, Verdict},
};
use std::{collections::HashSet, fmt::Write as _};

/// A day's tests against one server.
#[derive(Debug)]
pub struct Outcome {
    number: u8,
    title: String,
    /// With its version, where it is known.
    server: String,
    passed: usize,
    skipped: usize,
    differences: Vec<Difference>,
    /// What is neither passed nor explained.
    faults: Vec<String>,
}

/// Whether the listed differences have to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Differences {
    /// The server is the one that they were written for.
    AllShow,
    /// Nobody knows which server it is.
    MayShow,
}

impl Outcome {
    /// Compares a report with the differences that are listed for a real server.
    pub fn new(
        exercise: &Exercise,
        real: &exercise::Peer,
        server: String,
        report: &Report,
        expected: Differences,
    ) -> Outcome {
        let (mut passed, mut skipped) = (0, 0);
        let (mut differing, mut faults) = (HashSet::new(), Vec::new());
        for (name, test) in tests(report) {
            let listed = real.differences.iter().find(|difference| difference.test == name);
            match (&test.verdict, listed) {
                (Verdict::Passed, Some(_)) if expected == Differences::AllShow => {
                    faults.push(format!("{name} is listed as a difference, but passes"));
                }
                (Verdict::Passed, _) => passed += 1,
                (Verdict::NotRun { cause: Cause::Skipped, .. }, _) => skipped += 1,
                (_, Some(_)) => drop(differing.insert(name)),
                (_, None) => faults.push(format!("{name} fails\n{}", indented(&test.message))),
            }
        }
        for listed in &real.differences {
            if !tests(report).any(|(name, _)| name == listed.test) {
                faults.push(format!("{} is listed as a difference, but there is no such test", listed.test));
            }
        }
        // As they are listed: a reason may refer to the one before.
        let differences = real.differences.iter().filter(|listed| differing.contains(&listed.test)).cloned().collect();
        let title = exercise.metadata.title.clone();
        Outcome { number: exercise.number, title, server, passed, skipped, differences, faults }
    }

    /// Whether the server does all that the tests ask for, but for the listed differences.
    pub fn agrees(&self) -> bool {
        self.faults.is_empty()
    }

    /// For the terminal.
    pub fn lines(&self) -> String {
        let Outcome { number, server, passed, skipped, .. } = self;
        let count = self.differences.len();
        let mut text = format!(
            "day {number:02}: {server} passes {passed} tests, {count} deliberate differences, {skipped} skipped\n"
        );
        for Difference { test, reason } in &self.differences {
            text += &format!("  differs in {test}: {reason}\n");
        }
        for fault in &self.faults {
            text += &format!("  {fault}\n");
        }
        text
    }
}

/// A page with a table, and below it the differences of each day. `by_url` is what there is to say about days that are held
/// against no server that is started here.
pub fn page(outcomes: &[Outcome], by_url: &[String]) -> String {
    let mut page = String::from(
        "# The tests against the real servers\n\n\
         Where a day imitates an existing server, that server passes the day's tests, visible and hidden, but for differences \
         that are meant. This page was written by `cargo xtask peers --markdown docs/peers.md`, with the versions that were \
         installed there; the gate runs the same comparison for every change.\n\n\
         | Day | Real server | Tests passed | Deliberate differences | Skipped |\n| --- | --- | ---: | ---: | ---: |\n",
    );
    for Outcome { number, title, server, passed, skipped, differences, .. } in outcomes {
        let count = differences.len();
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| {number:02} {title} | {server} | {passed} | {count} | {skipped} |");
    }
    for outcome in outcomes.iter().filter(|outcome| !outcome.differences.is_empty()) {
        let _ = writeln!(page, "\n## Day {:02}: where {} differs\n", outcome.number, outcome.server);
        for Difference { test, reason } in &outcome.differences {
            let _ = writeln!(page, "- `{test}`: {}.", reason.trim_end_matches('.'));
        }
    }
    if !by_url.is_empty() {
        page += "\n## Servers that are given by their URL\n\nNothing starts these, so they are in no table.\n\n";
        for line in by_url {
            let _ = writeln!(page, "- {line}");
        }
    }
    page
}

/// Each test as `checkpoint::claim`.
fn tests(report: &Report) -> impl Iterator<Item = (String, &TestReport)> {
    let checkpoints = report.days.iter().flat_map(|day| &day.checkpoints);
    checkpoints.flat_map(|checkpoint| {
        checkpoint.tests.iter().map(|test| (format!("{}::{}", checkpoint.name, test.name), test))
    })
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(differences: Vec<Difference>, faults: Vec<String>) -> Outcome {
        let (title, server) = ("Static files".to_owned(), "nginx 1.2.3".to_owned());
        Outcome { number: 4, title, server, passed: 80, skipped: 2, differences, faults }
    }

    #[test]
    fn a_page_has_a_row_for_each_day_and_a_reason_for_each_difference() {
        let difference = Difference { test: "ranges::none".to_owned(), reason: "nginx answers 416".to_owned() };
        let with = page(&[outcome(vec![difference], Vec::new())], &["day 19: by URL".to_owned()]);
        assert!(with.contains("\n| 04 Static files | nginx 1.2.3 | 80 | 1 | 2 |\n"), "{with}");
        assert!(
            with.contains("\n## Day 04: where nginx 1.2.3 differs\n\n- `ranges::none`: nginx answers 416.\n"),
            "{with}"
        );
        assert!(with.ends_with("\n- day 19: by URL\n"), "{with}");
        let without = page(&[outcome(Vec::new(), Vec::new())], &[]);
        assert!(!without.contains("##"), "{without}");
    }

    #[test]
    fn what_is_not_explained_is_a_fault() {
        assert!(outcome(Vec::new(), Vec::new()).agrees());
        let outcome = outcome(Vec::new(), vec!["ranges::none fails".to_owned()]);
        assert!(!outcome.agrees());
        let expected =
            "day 04: nginx 1.2.3 passes 80 tests, 0 deliberate differences, 2 skipped\n  ranges::none fails\n";
        assert_eq!(outcome.lines(), expected);
    }
}
