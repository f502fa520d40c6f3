//! Reports as `cargo xtask grade --format json` writes them; `grader/report.schema.json` describes them.

use crate::profile::is_plain;
use axum::http::StatusCode;
use data_encoding::HEXLOWER;
use plumbing::Problem;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

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
    HEXLOWER.encode(&Sha256::digest(report.to_string()))
}

impl Report {
    /// Reads a report, or says what is wrong with it.
    pub fn read(value: Value) -> Result<Report, Problem> {
        // Another version may mean anything by the same words, so it comes first.
        if value["version"] != 1 {
            return Err(Problem::invalid("version", "only version 1 of the report is understood"));
        }
        let unreadable = |error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("this is no report: {error}"));
        let report: Report = serde_json::from_value(value).map_err(unreadable)?;
        if report.partial {
            return Err(Problem::invalid("partial", "a partial report says nothing about passing a day"));
        }
        let mut numbers = BTreeSet::new();
        for day in &report.days {
            day.check().map_err(|what| Problem::invalid("days", format!("day {}: {what}", day.number)))?;
            if !numbers.insert(day.number) {
                return Err(Problem::invalid("days", format!("day {} is there twice", day.number)));
            }
        }
        Ok(report)
    }
}

impl Day {
    fn check(&self) -> Result<(), &'static str> {
        if !(1..=30).contains(&self.number) {
            return Err("the number has to be 1 to 30");
        }
        let slug = self.id.strip_prefix(&format!("day{:02}-", self.number)).unwrap_or_default();
        if slug.is_empty() || !slug.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')) {
            return Err("the id has to be dayNN- with the number, and then a-z, 0-9 and -");
        }
        if !is_plain(&self.title) || !self.checkpoints.iter().all(|checkpoint| is_plain(&checkpoint.summary)) {
            return Err("titles and summaries need 1 to 500 characters, none of them a control character");
        }
        Ok(())
    }

    /// What its checkpoints say that passed.
    pub fn highlights(&self) -> Vec<&str> {
        let passed = self.checkpoints.iter().filter(|checkpoint| checkpoint.verdict == Verdict::Passed);
        passed.map(|checkpoint| checkpoint.summary.as_str()).collect()
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
