//! All verdicts of one submission, with their score. Pure functions on plain data; the JSON form has a version and a
//! schema (`report.schema.json`), and every other output is derived from it.

mod differences;

pub use differences::differences;

use crate::{
    exercise::{Exercise, Tier},
    receipt::{Conditions, Receipt},
    verdict::{Cause, Verdict},
};
use serde::{Deserialize, Serialize};

/// The version of the JSON form. It changes when a reader of the old one would be misled by the new one.
pub const VERSION: u32 = 1;

/// All verdicts of one submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// [`VERSION`].
    pub version: u32,
    /// What was graded: `stubs`, `solutions`, the command of a program, or where a submission came from.
    pub subject: String,
    /// Of a submission from a Git repository: the branch, commit or time that was asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at: Option<String>,
    /// The seed of all random input; `--seed` repeats it.
    pub seed: u64,
    /// Whether only a part was asked for, as one checkpoint. Such a report says nothing about passing a day.
    pub partial: bool,
    /// How many of the days pass.
    pub days_passed: usize,
    /// Points of all days.
    pub points: u32,
    /// Points that all days are worth, without those for stretch checkpoints.
    pub points_required: u32,
    /// Under which conditions.
    pub conditions: Conditions,
    /// Files of a submission that differ from the course's own outside what a learner edits. They had no effect.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub ignored_changes: Vec<IgnoredChange>,
    /// The days in order.
    pub days: Vec<DayReport>,
}

/// A change that had no effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IgnoredChange {
    /// The path within the course.
    pub path: String,
    /// `changed`, `added`, or what it is instead of a file.
    pub what: String,
}

/// Why a day has no program that could be tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// It does not compile: the compiler's messages.
    Build(String),
    /// What was submitted is not acceptable, or nothing was submitted: the reason.
    Refused(String),
}

/// The verdicts of one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayReport {
    /// `day03-notes-api`
    pub id: String,
    /// 3
    pub number: u8,
    /// "Notes API"
    pub title: String,
    /// What came out of the day.
    pub outcome: Outcome,
    /// Points of the checkpoints that pass.
    pub points: u32,
    /// Points of all core and robust checkpoints.
    pub points_required: u32,
    /// The compiler's messages, when the program does not compile.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub build_failure: Option<String>,
    /// Why the submission of this day was not taken.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refusal: Option<String>,
    /// What the day was graded from; none for programs that are no submission.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub receipt: Option<Receipt>,
    /// In the order of the page.
    pub checkpoints: Vec<CheckpointReport>,
    /// Checkpoints that could not be judged, because all their tests are hidden and this is a hand-out. They are neither passed
    /// nor failed, and their points are in no sum.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub withheld: Vec<Withheld>,
}

/// A checkpoint that is not part of a hand-out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// The name of its module.
    pub name: String,
    /// What it means for the day.
    pub tier: Tier,
    /// What it is worth.
    pub points: u32,
}

/// What came out of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every checkpoint passes.
    Star,
    /// Every core and robust checkpoint passes.
    Passed,
    /// Some core or robust checkpoint does not.
    Failed,
    /// Some core or robust checkpoint could not be run through no fault of the program, and none failed.
    NotGraded,
}

/// The verdict of one checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointReport {
    /// The name of its module.
    pub name: String,
    /// What it means for the day.
    pub tier: Tier,
    /// What it is worth.
    pub points: u32,
    /// The requirement in one sentence.
    pub summary: String,
    /// Passed when all its tests pass but those for which a tool is missing, and any does.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Its tests.
    pub tests: Vec<TestReport>,
}

/// The verdict of one test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestReport {
    /// The claim: the test's name without the checkpoint's.
    pub name: String,
    /// Whether learners cannot read it.
    pub hidden: bool,
    /// What came out.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The explanation of a failure: requirement, request, expected, actual.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub message: String,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

impl TestReport {
    /// Why it was skipped, if it was: `skipped, because …, install …`.
    pub fn skipped(&self) -> Option<&str> {
        match &self.verdict {
            Verdict::NotRun { cause: Cause::Skipped, reason } => Some(reason),
            _ => None,
        }
    }
}

impl Report {
    /// Adds up the days.
    pub fn new(subject: String, seed: u64, partial: bool, days: Vec<DayReport>) -> Report {
        Report {
            version: VERSION,
            subject,
            seed,
            partial,
            days_passed: days.iter().filter(|day| day.outcome.is_pass()).count(),
            points: days.iter().map(|day| day.points).sum(),
            points_required: days.iter().map(|day| day.points_required).sum(),
            at: None,
            conditions: Conditions::default(),
            ignored_changes: Vec::new(),
            days,
        }
    }

    /// The exit status that the report stands for: 0 all days pass, 1 some do not, 2 some could not be graded.
    pub fn exit_code(&self) -> u8 {
        let could_not_be_graded = |checkpoint: &CheckpointReport| match checkpoint.verdict {
            Verdict::NotRun { cause: Cause::Fault, .. } => true,
            // A tool that only a stretch checkpoint needs may be missing.
            Verdict::NotRun { cause: Cause::Skipped, .. } => checkpoint.tier.is_required(),
            _ => false,
        };
        if self.days.iter().flat_map(|day| &day.checkpoints).any(could_not_be_graded) {
            2
        } else {
            u8::from(self.days.iter().any(|day| !day.outcome.is_pass()))
        }
    }
}

impl DayReport {
    /// Scores a day. Each checkpoint comes with its tests; its verdict follows from theirs.
    pub fn new(
        exercise: &Exercise,
        obstacle: Option<Obstacle>,
        tests: impl Fn(&str) -> Vec<TestReport>,
        selected: impl Fn(&str) -> bool,
    ) -> DayReport {
        let checkpoints: Vec<_> = exercise
            .metadata
            .checkpoints
            .iter()
            .filter(|checkpoint| selected(&checkpoint.name))
            .map(|checkpoint| {
                let tests = tests(&checkpoint.name);
                let not_run = |cause, reason: &str| Verdict::NotRun { cause, reason: reason.to_owned() };
                let verdict = match &obstacle {
                    Some(Obstacle::Build(_)) => not_run(Cause::Build, "the program does not compile"),
                    Some(Obstacle::Refused(reason)) => not_run(Cause::Refused, reason),
                    None => Verdict::of_all(tests.iter().map(|test| &test.verdict)),
                };
                CheckpointReport {
                    name: checkpoint.name.clone(),
                    tier: checkpoint.tier,
                    points: checkpoint.points,
                    summary: checkpoint.summary.clone(),
                    verdict,
                    tests,
                }
            })
            .collect();
        let passed = |checkpoint: &&CheckpointReport| checkpoint.verdict.is_passed();
        let required = |checkpoint: &&CheckpointReport| checkpoint.tier.is_required();
        let (build_failure, refusal) = match obstacle {
            Some(Obstacle::Build(messages)) => (Some(messages), None),
            Some(Obstacle::Refused(reason)) => (None, Some(reason)),
            None => (None, None),
        };
        DayReport {
            id: exercise.id.clone(),
            number: exercise.number,
            title: exercise.metadata.title.clone(),
            outcome: Outcome::of(&checkpoints),
            points: checkpoints.iter().filter(passed).map(|checkpoint| checkpoint.points).sum(),
            points_required: checkpoints.iter().filter(required).map(|checkpoint| checkpoint.points).sum(),
            build_failure,
            refusal,
            receipt: None,
            checkpoints,
            withheld: Vec::new(),
        }
    }

    /// The same day with what of it is not part of a hand-out; its checkpoints are the others.
    pub fn withholding(mut self, withheld: Vec<Withheld>) -> DayReport {
        self.withheld = withheld;
        if self.checkpoints.is_empty() && !self.withheld.is_empty() {
            // Nothing that fails is not yet a pass.
            self.outcome = Outcome::NotGraded;
        }
        self
    }
}

impl DayReport {
    /// Whether nothing stood in the way of a verdict but the learner's own work.
    pub fn is_settled(&self) -> bool {
        let open = |cause: &Cause| matches!(cause, Cause::Fault | Cause::Skipped | Cause::Stopped);
        let tests = self.checkpoints.iter().flat_map(|checkpoint| &checkpoint.tests).map(|test| &test.verdict);
        let all = self.checkpoints.iter().map(|checkpoint| &checkpoint.verdict).chain(tests);
        !all.into_iter().any(|verdict| matches!(verdict, Verdict::NotRun { cause, .. } if open(cause)))
    }

    /// How many tests of checkpoints that pass without them were skipped for want of a tool.
    pub fn passed_over(&self) -> usize {
        let passed = self.checkpoints.iter().filter(|checkpoint| checkpoint.verdict.is_passed());
        passed.flat_map(|checkpoint| &checkpoint.tests).filter(|test| test.skipped().is_some()).count()
    }

    /// The points of core and robust checkpoints, and those beyond them.
    pub fn required_and_extra(&self) -> (u32, u32) {
        let passed = self.checkpoints.iter().filter(|checkpoint| checkpoint.verdict.is_passed());
        let (required, extra): (Vec<_>, Vec<_>) = passed.partition(|checkpoint| checkpoint.tier.is_required());
        let sum = |checkpoints: Vec<&CheckpointReport>| checkpoints.iter().map(|checkpoint| checkpoint.points).sum();
        (sum(required), sum(extra))
    }
}

impl Outcome {
    /// Whether the day passes.
    pub fn is_pass(self) -> bool {
        matches!(self, Outcome::Star | Outcome::Passed)
    }

    fn of(checkpoints: &[CheckpointReport]) -> Outcome {
        let at_fault = |verdict: &Verdict| {
            matches!(
                verdict,
                Verdict::Failed | Verdict::TimedOut | Verdict::NotRun { cause: Cause::Build | Cause::Refused, .. }
            )
        };
        let mut required = checkpoints.iter().filter(|checkpoint| checkpoint.tier.is_required());
        if checkpoints.iter().all(|checkpoint| checkpoint.verdict.is_passed()) {
            Outcome::Star
        } else if required.clone().all(|checkpoint| checkpoint.verdict.is_passed()) {
            Outcome::Passed
        } else if required.any(|checkpoint| at_fault(&checkpoint.verdict)) {
            Outcome::Failed
        } else {
            Outcome::NotGraded
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exercise() -> Exercise {
        let checkpoint = |name: &str, tier: &str, points: u32| {
            format!(
                "[[checkpoint]]\nname = \"{name}\"\ntier = \"{tier}\"\npoints = {points}\nsummary = \"\"\nhints = []\n"
            )
        };
        let text = format!(
            "title = \"T\"\nweek = 1\nkind = \"command\"\nthemes = []\nminutes = 1\neditable = []\n{}{}{}",
            checkpoint("idea", "core", 60),
            checkpoint("races", "robust", 40),
            checkpoint("extra", "stretch", 15)
        );
        Exercise::parse("day01-t", &text).unwrap()
    }

    fn day(idea: Verdict, races: Verdict, extra: Verdict) -> DayReport {
        let tests = |name: &str| {
            let verdict = [("idea", &idea), ("races", &races), ("extra", &extra)].into_iter().find(|it| it.0 == name);
            let verdict = verdict.unwrap().1.clone();
            vec![TestReport { name: "t".to_owned(), hidden: false, verdict, message: String::new(), millis: 1 }]
        };
        DayReport::new(&exercise(), None, tests, |_| true)
    }

    fn skipped() -> Verdict {
        Verdict::NotRun { cause: Cause::Skipped, reason: "skipped, because psql is missing".to_owned() }
    }

    #[test]
    fn points_and_outcome_follow_from_verdicts() {
        use Verdict::{Failed, Passed, TimedOut};
        for (verdicts, outcome, points, exit) in [
            ([Passed, Passed, Passed], Outcome::Star, 115, 0),
            ([Passed, Passed, Failed], Outcome::Passed, 100, 0),
            ([Passed, Passed, skipped()], Outcome::Passed, 100, 0),
            ([Passed, TimedOut, Passed], Outcome::Failed, 75, 1),
            ([Failed, Verdict::fault("x"), Passed], Outcome::Failed, 15, 2),
            ([Passed, Verdict::fault("disk full"), Passed], Outcome::NotGraded, 75, 2),
            ([Passed, skipped(), Passed], Outcome::NotGraded, 75, 2),
        ] {
            let [idea, races, extra] = verdicts;
            let day = day(idea, races, extra);
            assert_eq!((day.outcome, day.points, day.points_required), (outcome, points, 100));
            assert_eq!(Report::new("x".to_owned(), 1, false, vec![day]).exit_code(), exit);
        }
    }

    #[test]
    fn what_does_not_compile_fails() {
        let day =
            DayReport::new(&exercise(), Some(Obstacle::Build("error[E0308]".to_owned())), |_| Vec::new(), |_| true);
        assert_eq!((day.outcome, day.points), (Outcome::Failed, 0));
    }

    #[test]
    fn a_checkpoint_without_tests_is_never_passed() {
        let day = DayReport::new(&exercise(), None, |_| Vec::new(), |_| true);
        assert_eq!(day.outcome, Outcome::NotGraded);
    }
}
