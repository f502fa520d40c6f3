//! Reports as `cargo xtask grade --format json` writes them; `grader/report.schema.json` describes them.

use crate::profile::is_plain;
use axum::http::StatusCode;
use plumbing::Problem;
use serde::Deserialize;
use serde_json::Value;

/// What of a report is needed. Everything else, such as what hidden tests have said, is not even read.
#[derive(Debug, Deserialize)]
pub struct Report {
    partial: bool,
    pub days: Vec<Day>,
}

#[derive(Debug, Deserialize)]
pub struct Day {
    pub id: String,
    pub number: u8,
    pub title: String,
    pub outcome: Outcome,
    pub points: u32,
    pub points_required: u32,
    pub checkpoints: Vec<Checkpoint>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum Outcome {
    Star,
    Passed,
    Failed,
    NotGraded,
}

#[derive(Debug, Deserialize)]
pub struct Checkpoint {
    pub summary: String,
    pub verdict: Verdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Passed,
    Failed,
    TimedOut,
    NotRun,
}

/// Two reports are the same when their values are. `Value` keeps members in order, so how they were written does not count.
pub fn id(report: &Value) -> String {
    todo!("a name for {report}, the same for the same value")
}

impl Report {
    /// Reads a report, or says what is wrong with it.
    pub fn read(value: Value) -> Result<Report, Problem> {
        let report: Report = serde_json::from_value(value.clone())
            .map_err(|error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("this is no report: {error}")))?;
        let days: Result<Vec<_>, _> = report.days.iter().map(Day::check).collect();
        todo!("what may be wrong with {value} of another version, partial ({}), or with {days:?}", report.partial)
    }
}

impl Day {
    fn check(&self) -> Result<(), &'static str> {
        let texts = std::iter::once(&self.title).chain(self.checkpoints.iter().map(|checkpoint| &checkpoint.summary));
        let is_plain = texts.map(|text| is_plain(text)).collect::<Vec<_>>();
        todo!("whether {} goes with the number {}, and all texts are plain: {is_plain:?}", self.id, self.number)
    }

    /// What its checkpoints say that passed.
    pub fn highlights(&self) -> Vec<&str> {
        let is_passed = |checkpoint: &Checkpoint| checkpoint.verdict == Verdict::Passed;
        let all: Vec<_> =
            self.checkpoints.iter().map(|checkpoint| (is_passed(checkpoint), &checkpoint.summary)).collect();
        todo!("the summaries of what has passed, from {all:?}")
    }
}

impl Outcome {
    pub fn is_pass(self) -> bool {
        matches!(self, Outcome::Star | Outcome::Passed)
    }

    /// As reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Star => "star",
            Outcome::Passed => "passed",
            Outcome::Failed => "failed",
            Outcome::NotGraded => "not_graded",
        }
    }
}
