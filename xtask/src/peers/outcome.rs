//! What came out when a day's tests met a real server.

use grader::{
    exercise::{self, Difference, Exercise},
    report::{Report, TestReport},
    verdict::{Cause, Verdict},
};
use std::collections::HashSet;

/// A day's tests against one server.
#[derive(Debug)]
pub struct Outcome {
    pub(super) number: u8,
    pub(super) title: String,
    /// With its version, where it is known.
    pub(super) server: String,
    pub(super) passed: usize,
    pub(super) skipped: usize,
    pub(super) differences: Vec<Difference>,
    /// What is neither passed nor explained.
    pub(super) faults: Vec<String>,
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
    use grader::report::DayReport;

    /// A day with one checkpoint that imitates nginx, which differs in one test.
    fn exercise() -> Exercise {
        let text = "title = \"Static files\"\nweek = 1\nkind = \"service\"\nthemes = []\nminutes = 1\neditable = []\n\
            [peer]\nserver = \"nginx\"\npackage = \"nginx-light\"\n\
            [[peer.difference]]\ntest = \"ranges::none\"\nreason = \"It answers 416.\"\n\
            [[checkpoint]]\nname = \"ranges\"\ntier = \"core\"\npoints = 1\nsummary = \"s\"\nhints = [\"h\"]\n";
        Exercise::parse("day04-http-server", text).unwrap()
    }

    /// What comes out when nginx has these verdicts for the tests of `ranges`.
    fn outcome(verdicts: &[(&str, Verdict)], expected: Differences) -> Outcome {
        let test = |(name, verdict): &(&str, Verdict)| TestReport {
            name: (*name).to_owned(),
            hidden: true,
            verdict: verdict.clone(),
            message: String::new(),
            millis: 1,
        };
        let exercise = exercise();
        let day = DayReport::new(&exercise, None, |_| verdicts.iter().map(test).collect(), |_| true);
        let report = Report::new("nginx".to_owned(), 1, false, vec![day]);
        let real = exercise.metadata.peer.clone().unwrap();
        Outcome::new(&exercise, &real, "nginx 1.2.3".to_owned(), &report, expected)
    }

    #[test]
    fn a_listed_difference_is_no_fault_and_counts_as_no_pass() {
        let outcome = outcome(&[("one", Verdict::Passed), ("none", Verdict::Failed)], Differences::AllShow);
        assert!(outcome.agrees());
        let expected = "day 04: nginx 1.2.3 passes 1 tests, 1 deliberate differences, 0 skipped\n  \
            differs in ranges::none: It answers 416.\n";
        assert_eq!(outcome.lines(), expected);
    }

    #[test]
    fn what_is_not_explained_is_a_fault() {
        for verdict in [Verdict::Failed, Verdict::TimedOut] {
            let outcome = outcome(&[("one", verdict), ("none", Verdict::Failed)], Differences::AllShow);
            assert!(!outcome.agrees() && outcome.lines().contains("ranges::one fails"), "{}", outcome.lines());
        }
    }

    #[test]
    fn a_difference_that_does_not_show_is_a_fault_of_the_server_it_was_written_for_only() {
        let verdicts = [("none", Verdict::Passed)];
        assert!(
            outcome(&verdicts, Differences::AllShow)
                .lines()
                .contains("ranges::none is listed as a difference, but passes")
        );
        assert!(outcome(&verdicts, Differences::MayShow).agrees());
    }

    #[test]
    fn a_difference_of_no_test_is_a_fault() {
        let outcome = outcome(&[("one", Verdict::Passed)], Differences::MayShow);
        assert!(outcome.lines().contains("there is no such test"), "{}", outcome.lines());
    }

    #[test]
    fn a_skipped_test_is_counted_as_skipped() {
        let skipped = Verdict::NotRun { cause: Cause::Skipped, reason: "skipped, because it needs a kill".to_owned() };
        let outcome = outcome(&[("one", skipped), ("none", Verdict::Failed)], Differences::AllShow);
        assert!(outcome.agrees() && outcome.lines().contains("passes 0 tests, 1 deliberate differences, 1 skipped"));
    }
}
