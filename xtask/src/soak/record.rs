//! What the tests said, one line for each time that one ran.

use crate::table::table;
use grader::{
    report::TestReport,
    run::Test,
    verdict::{Cause, Verdict},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A test has run once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// The commit of the course.
    pub course: String,
    /// Which run it was, from 1.
    pub run: usize,
    /// The seed of the run's order and of the tests' input.
    pub seed: u64,
    pub day: String,
    pub test: String,
    #[serde(flatten)]
    pub verdict: Verdict,
    pub millis: u64,
}

impl Record {
    pub fn new(course: &str, run: usize, seed: u64, day: &str, test: &Test, report: &TestReport) -> Record {
        Record {
            course: course.to_owned(),
            run,
            seed,
            day: day.to_owned(),
            test: test.name.clone(),
            verdict: report.verdict.clone(),
            millis: report.millis,
        }
    }

    /// Whether a tool was missing for it.
    pub fn is_skipped(&self) -> bool {
        matches!(self.verdict, Verdict::NotRun { cause: Cause::Skipped, .. })
    }

    /// Whether it says something against a test, the program or the grader.
    pub fn is_failure(&self) -> bool {
        !self.verdict.is_passed() && !self.is_skipped()
    }
}

#[derive(Debug, Default)]
struct Sum {
    runs: BTreeSet<usize>,
    tests: usize,
    skipped: usize,
    failures: usize,
    slowest: u64,
}

impl Sum {
    fn add(&mut self, record: &Record) {
        self.runs.insert(record.run);
        self.tests += usize::from(!record.is_skipped());
        self.skipped += usize::from(record.is_skipped());
        self.failures += usize::from(record.is_failure());
        self.slowest = self.slowest.max(record.millis);
    }

    fn row(&self, name: &str) -> [String; 6] {
        let counts = [self.runs.len(), self.tests, self.skipped, self.failures].map(|count| count.to_string());
        let [runs, tests, skipped, failures] = counts;
        [name.to_owned(), runs, tests, skipped, failures, format!("{} ms", self.slowest)]
    }
}

/// A row for each day, and one for all of them.
pub fn summary(records: &[Record]) -> String {
    let (mut days, mut all) = (BTreeMap::<_, Sum>::new(), Sum::default());
    for record in records {
        days.entry(record.day.as_str()).or_default().add(record);
        all.add(record);
    }
    let rows: Vec<_> = days.iter().map(|(day, sum)| sum.row(day)).chain([all.row("all")]).collect();
    table(["day", "runs", "tests", "skipped", "failures", "slowest"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(run: usize, day: &str, verdict: Verdict) -> Record {
        Record { course: "c".to_owned(), run, seed: 1, day: day.to_owned(), test: "t".to_owned(), verdict, millis: 9 }
    }

    #[test]
    fn only_a_missing_tool_is_no_failure() {
        let skipped = Verdict::NotRun { cause: Cause::Skipped, reason: "no psql".to_owned() };
        for (verdict, failure) in [
            (Verdict::Passed, false),
            (skipped, false),
            (Verdict::Failed, true),
            (Verdict::TimedOut, true),
            (Verdict::fault("the test executable crashed"), true),
        ] {
            assert_eq!(record(1, "day01", verdict.clone()).is_failure(), failure, "{verdict:?}");
        }
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let text = serde_json::to_string(&record(3, "day01", Verdict::fault("disk full"))).unwrap();
        let read: Record = serde_json::from_str(&text).unwrap();
        assert_eq!((read.run, read.verdict), (3, Verdict::fault("disk full")));
    }

    #[test]
    fn days_are_summed_up_over_runs() {
        let records = [
            record(1, "day02", Verdict::Failed),
            record(1, "day01", Verdict::Passed),
            record(4, "day01", Verdict::Passed),
        ];
        let summary = summary(&records);
        let words: Vec<Vec<_>> = summary.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(words[1][..5], ["day01", "2", "2", "0", "0"]);
        assert_eq!(words[2][..5], ["day02", "1", "1", "0", "1"]);
        assert_eq!(words[3][..5], ["all", "2", "3", "0", "1"]);
    }
}
