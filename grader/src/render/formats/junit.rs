//! JUnit XML as Jenkins and nextest write it: a suite a day, a case a test.

use crate::{
    report::{CheckpointReport, DayReport, Report, TestReport},
    verdict::{Cause, Verdict},
};
use std::fmt::Write;

/// The report as JUnit XML, for the course: hidden tests with their messages.
pub fn junit(report: &Report) -> String {
    let suites: Vec<_> = report.days.iter().map(Suite::of).collect();
    let sum = |count: fn(&Suite<'_>) -> usize| suites.iter().map(count).sum::<usize>();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        xml,
        "<testsuites name=\"thirty-backends\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3}\">",
        sum(|suite| suite.cases.len()),
        sum(|suite| suite.count("failure")),
        sum(|suite| suite.count("error")),
        suites.iter().flat_map(|suite| &suite.cases).map(Case::seconds).sum::<f64>(),
    );
    for suite in &suites {
        suite.write(&mut xml);
    }
    xml.push_str("</testsuites>\n");
    xml
}

struct Suite<'a> {
    day: &'a DayReport,
    cases: Vec<Case<'a>>,
}

/// One test; where none was run, one checkpoint.
struct Case<'a> {
    checkpoint: &'a CheckpointReport,
    test: Option<&'a TestReport>,
}

impl<'a> Suite<'a> {
    fn of(day: &'a DayReport) -> Suite<'a> {
        let mut cases = Vec::new();
        for checkpoint in &day.checkpoints {
            if checkpoint.tests.is_empty() {
                cases.push(Case { checkpoint, test: None });
            }
            cases.extend(checkpoint.tests.iter().map(|test| Case { checkpoint, test: Some(test) }));
        }
        Suite { day, cases }
    }

    fn count(&self, element: &str) -> usize {
        self.cases.iter().filter(|case| case.element() == Some(element)).count()
    }

    fn write(&self, xml: &mut String) {
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" tests=\"{}\" disabled=\"{}\" errors=\"{}\" failures=\"{}\">",
            escaped(&self.day.id),
            self.cases.len(),
            self.count("skipped"),
            self.count("error"),
            self.count("failure"),
        );
        for case in &self.cases {
            case.write(xml, self.day);
        }
        xml.push_str("  </testsuite>\n");
    }
}

impl Case<'_> {
    fn verdict(&self) -> &Verdict {
        self.test.map_or(&self.checkpoint.verdict, |test| &test.verdict)
    }

    fn seconds(&self) -> f64 {
        self.test.map_or(0.0, |test| test.millis as f64 / 1000.0)
    }

    /// What stands inside of the case. A fault of the machine is an error, and never a failure.
    fn element(&self) -> Option<&'static str> {
        match self.verdict() {
            Verdict::Passed => None,
            Verdict::Failed | Verdict::TimedOut | Verdict::NotRun { cause: Cause::Build | Cause::Refused, .. } => {
                Some("failure")
            }
            Verdict::NotRun { cause: Cause::Fault, .. } => Some("error"),
            Verdict::NotRun { cause: Cause::Skipped | Cause::Stopped, .. } => Some("skipped"),
        }
    }

    fn write(&self, xml: &mut String, day: &DayReport) {
        let name = self.test.map_or(self.checkpoint.name.as_str(), |test| test.name.as_str());
        let class = format!("{}.{}", day.id, self.checkpoint.name);
        let head = format!(
            "    <testcase name=\"{}\" classname=\"{}\" time=\"{:.3}\"",
            escaped(name),
            escaped(&class),
            self.seconds()
        );
        let Some(element) = self.element() else {
            let _ = writeln!(xml, "{head}/>");
            return;
        };
        let (kind, why) = match self.verdict() {
            Verdict::TimedOut => ("timed_out", "it did not come to an end within its deadline"),
            Verdict::NotRun { reason, .. } => ("not_run", reason.as_str()),
            Verdict::Passed | Verdict::Failed => ("failed", self.checkpoint.summary.as_str()),
        };
        let text = match (self.test, &day.build_failure) {
            (Some(test), _) => test.message.as_str(),
            (None, Some(errors)) => errors,
            (None, None) => "",
        };
        let _ = writeln!(
            xml,
            "{head}>\n      <{element} message=\"{}\" type=\"{kind}\">{}</{element}>\n    </testcase>",
            escaped(why),
            escaped(text)
        );
    }
}

/// Text for an element or an attribute. XML 1.0 (section 2.2) has no way to write most control characters: they are left
/// out. Line ends in attributes would be read as spaces, so they are written as references.
fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\n' => xml.push_str("&#10;"),
            '\r' => xml.push_str("&#13;"),
            '\t' => xml.push_str("&#9;"),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {}
            other => xml.push(other),
        }
    }
    xml
}
