//! Expectations that explain themselves: the requirement in words, what was sent, what should have come, what came.

use std::fmt::{Debug, Display, Write};

/// Begins an expectation with the requirement that it checks, in the words of the day page.
///
/// ```
/// harness::expect("deleting twice is not an error").request("DEL key").eq(0, 0);
/// ```
pub fn expect(requirement: impl Into<String>) -> Expectation {
    Expectation { requirement: requirement.into(), request: None, expected: None }
}

/// One requirement about to be checked. Every check panics with the whole explanation when it does not hold.
#[derive(Debug, Clone)]
#[must_use = "an expectation checks nothing until eq, that, contains or fail is called"]
pub struct Expectation {
    requirement: String,
    /// A `curl` line, the command line, or annotated bytes: what the learner can repeat by hand.
    request: Option<String>,
    expected: Option<String>,
}

impl Expectation {
    /// What was sent, in a form that can be repeated by hand.
    pub fn request(mut self, request: impl Into<String>) -> Self {
        self.request = Some(request.into());
        self
    }

    /// What should have come, in words, where the value itself would not say it well.
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// `actual` has to equal `expected`.
    #[track_caller]
    pub fn eq<A: Debug + PartialEq<E>, E: Debug>(self, actual: A, expected: E) {
        if actual != expected {
            let wanted = self.expected.clone().unwrap_or_else(|| format!("{expected:?}"));
            self.expected(wanted).fail(format!("{actual:?}"));
        }
    }

    /// `actual` must not equal `unwanted`.
    #[track_caller]
    pub fn ne<A: Debug + PartialEq<E>, E: Debug>(self, actual: A, unwanted: E) {
        if actual == unwanted {
            let wanted = self.expected.clone().unwrap_or_else(|| format!("anything but {unwanted:?}"));
            self.expected(wanted).fail(format!("{actual:?}"));
        }
    }

    /// `holds` has to be true; `actual` is what the learner gets to see when it is not.
    #[track_caller]
    pub fn that(self, holds: bool, actual: impl Display) {
        if !holds {
            self.fail(actual);
        }
    }

    /// `text` has to contain `part`.
    #[track_caller]
    pub fn contains(self, text: &str, part: &str) {
        if !text.contains(part) {
            let wanted = self.expected.clone().unwrap_or_else(|| format!("something that contains {part:?}"));
            self.expected(wanted).fail(text);
        }
    }

    /// `text` must not contain `part`.
    #[track_caller]
    pub fn lacks(self, text: &str, part: &str) {
        if text.contains(part) {
            let wanted = self.expected.clone().unwrap_or_else(|| format!("nothing that contains {part:?}"));
            self.expected(wanted).fail(text);
        }
    }

    /// Fails the test now.
    #[track_caller]
    pub fn fail(self, actual: impl Display) -> ! {
        let mut message = String::new();
        block(&mut message, "requirement", &self.requirement);
        if let Some(request) = &self.request {
            block(&mut message, "request", request);
        }
        if let Some(expected) = &self.expected {
            block(&mut message, "expected", expected);
        }
        block(&mut message, "actual", &actual.to_string());
        panic!("{}", message.trim_end());
    }
}

/// Writes `label: text` with the labels right-aligned and further lines of `text` under its first.
fn block(message: &mut String, label: &str, text: &str) {
    const LONGEST: usize = 4000;
    let mut lines = text.lines();
    let first = lines.next().unwrap_or("(nothing)");
    // Writing to a String cannot fail.
    let _ = writeln!(message, "{label:>11}: {}", shorten(first, LONGEST));
    for line in lines.by_ref().take(60) {
        let _ = writeln!(message, "{:13}{}", "", shorten(line, LONGEST));
    }
    let rest = lines.count();
    if rest > 0 {
        let _ = writeln!(message, "{:13}… and {rest} more lines", "");
    }
}

/// The first `longest` characters of a line, and how long it was.
pub(crate) fn shorten(line: &str, longest: usize) -> String {
    match line.char_indices().nth(longest) {
        Some((end, _)) => format!("{}… ({} bytes in all)", &line[..end], line.len()),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(check: impl FnOnce() + std::panic::UnwindSafe) -> String {
        *std::panic::catch_unwind(check).expect_err("the check should fail").downcast::<String>().unwrap()
    }

    #[test]
    fn a_failure_names_requirement_request_expected_and_actual() {
        let text = message(|| expect("PING gets PONG").request("PING").eq("one\ntwo".to_owned(), "+PONG".to_owned()));
        assert_eq!(
            text,
            "requirement: PING gets PONG\n    request: PING\n   expected: \"+PONG\"\n     actual: \"one\\ntwo\""
        );
    }

    #[test]
    fn further_lines_stand_under_the_first_and_long_ones_are_cut() {
        let text = message(|| expect("short").that(false, format!("a\n{}", "x".repeat(5000))));
        assert!(text.starts_with("requirement: short\n     actual: a\n             xxx"), "{text}");
        assert!(text.ends_with("… (5000 bytes in all)"), "{text}");
    }

    #[test]
    fn what_holds_is_silent() {
        expect("x").eq(1, 1);
        expect("x").ne(1, 2);
        expect("x").that(true, "");
        expect("x").contains("abc", "b");
        expect("x").lacks("abc", "d");
    }

    #[test]
    fn what_does_not_hold_panics() {
        assert!(message(|| expect("x").ne(1, 1)).contains("anything but 1"));
        assert!(message(|| expect("x").contains("abc", "d")).contains("contains \"d\""));
        assert!(message(|| expect("x").lacks("abc", "b")).contains("nothing that contains \"b\""));
    }
}
