//! What can be said about a test or a checkpoint.

use serde::{Deserialize, Serialize};

/// What came out of running something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// It does what is asked.
    Passed,
    /// It does not.
    Failed,
    /// It did not come to an end within its deadline.
    TimedOut,
    /// Nothing is known, for this reason.
    NotRun {
        /// Whose fault it is.
        cause: Cause,
        /// A sentence: what happened, and what to do.
        reason: String,
    },
}

/// Why something was not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The program does not compile. The learner's to mend.
    Build,
    /// The submitted files are not acceptable, or there are none. The learner's to mend.
    Refused,
    /// A tool is missing on this machine.
    Skipped,
    /// A fault of the machine or of the course. Never a learner's zero.
    Fault,
    /// The grader was told to stop at the first failure.
    Stopped,
}

impl Verdict {
    /// Not run, because the course or the machine is at fault.
    pub fn fault(reason: impl Into<String>) -> Verdict {
        Verdict::NotRun { cause: Cause::Fault, reason: reason.into() }
    }

    /// Whether it does what is asked.
    pub fn is_passed(&self) -> bool {
        *self == Verdict::Passed
    }

    /// The verdict of a whole that consists of these parts: the worst of them. What is certain comes before what is
    /// unknown, so a failure is a failure whatever else could not be run. A part for which a tool is missing leaves the
    /// verdict to the others, and the whole is skipped when there are none: nobody has to install every tool to pass a day.
    pub fn of_all<'a>(parts: impl IntoIterator<Item = &'a Verdict>) -> Verdict {
        let rank = |verdict: &Verdict| match verdict {
            Verdict::Passed => 0,
            Verdict::NotRun { cause: Cause::Skipped, .. } => 1,
            Verdict::NotRun { cause: Cause::Stopped, .. } => 2,
            Verdict::NotRun { cause: Cause::Build | Cause::Refused, .. } => 3,
            Verdict::NotRun { cause: Cause::Fault, .. } => 4,
            Verdict::TimedOut => 5,
            Verdict::Failed => 6,
        };
        let parts: Vec<_> = parts.into_iter().collect();
        let worst = parts.iter().max_by_key(|verdict| rank(verdict));
        match worst {
            Some(Verdict::NotRun { cause: Cause::Skipped, .. }) if parts.contains(&&Verdict::Passed) => Verdict::Passed,
            Some(worst) => (*worst).clone(),
            None => Verdict::fault("no test of the course belongs to it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_part_decides() {
        let skipped = Verdict::NotRun { cause: Cause::Skipped, reason: "no psql".to_owned() };
        let fault = Verdict::fault("disk full");
        assert_eq!(Verdict::of_all([&Verdict::Passed, &Verdict::Passed]), Verdict::Passed);
        assert_eq!(Verdict::of_all([&Verdict::Failed, &skipped]), Verdict::Failed);
        assert_eq!(Verdict::of_all([&Verdict::Passed, &fault]), fault);
        assert_eq!(Verdict::of_all([&fault, &skipped]), fault);
        assert_eq!(Verdict::of_all([&fault, &Verdict::TimedOut, &Verdict::Passed]), Verdict::TimedOut);
        assert_eq!(Verdict::of_all([&fault, &Verdict::Failed, &Verdict::TimedOut]), Verdict::Failed);
    }

    #[test]
    fn a_missing_tool_leaves_the_verdict_to_the_others() {
        let skipped = Verdict::NotRun { cause: Cause::Skipped, reason: "no psql".to_owned() };
        assert_eq!(Verdict::of_all([&Verdict::Passed, &skipped, &Verdict::Passed]), Verdict::Passed);
        assert_eq!(Verdict::of_all([&skipped, &skipped]), skipped, "there are no others");
    }

    #[test]
    fn nothing_at_all_is_never_a_pass() {
        assert!(matches!(Verdict::of_all([]), Verdict::NotRun { cause: Cause::Fault, .. }));
    }
}
