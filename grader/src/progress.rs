//! Where a learner stands: the latest report on each day. Pure functions on plain data.

use crate::{
    exercise::Exercise,
    report::{DayReport, Outcome},
};
use std::path::PathBuf;

/// Where a learner stands in the whole course.
#[derive(Debug)]
pub struct Progress<'a> {
    /// All days in order.
    pub standings: Vec<Standing<'a>>,
    /// Saved reports that could not be read. Their days count as not graded yet.
    pub damaged: Vec<Damaged>,
    /// Whether only visible tests are there, as in a hand-out.
    pub visible_only: bool,
}

/// Where a learner stands in one day.
#[derive(Debug)]
pub struct Standing<'a> {
    /// The day.
    pub exercise: &'a Exercise,
    /// Its latest report; none before it is graded for the first time.
    pub report: Option<DayReport>,
}

/// A saved report that could not be read.
#[derive(Debug)]
pub struct Damaged {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

impl<'a> Progress<'a> {
    /// The first day that does not pass; none when all do.
    pub fn next(&self) -> Option<&Standing<'a>> {
        self.standings.iter().find(|standing| !standing.passes())
    }

    /// How many days pass.
    pub fn days_passed(&self) -> usize {
        self.standings.iter().filter(|standing| standing.passes()).count()
    }

    /// How many days have a star.
    pub fn stars(&self) -> usize {
        self.standings.iter().filter(|standing| standing.outcome() == Some(Outcome::Star)).count()
    }
}

impl Standing<'_> {
    /// What came out of the latest run; none before the first.
    pub fn outcome(&self) -> Option<Outcome> {
        self.report.as_ref().map(|report| report.outcome)
    }

    /// Whether the day passes.
    pub fn passes(&self) -> bool {
        self.outcome().is_some_and(Outcome::is_pass)
    }

    /// The first checkpoint that does not pass, in the order of the page; the day's first one before the first run.
    pub fn open_checkpoint(&self) -> Option<&str> {
        match &self.report {
            None => self.exercise.metadata.checkpoints.first().map(|checkpoint| checkpoint.name.as_str()),
            Some(report) => {
                let open = report.checkpoints.iter().find(|checkpoint| !checkpoint.verdict.is_passed());
                open.map(|checkpoint| checkpoint.name.as_str())
            }
        }
    }

    /// How many checkpoints pass.
    pub fn checkpoints_passed(&self) -> usize {
        let checkpoints = self.report.iter().flat_map(|report| &report.checkpoints);
        checkpoints.filter(|checkpoint| checkpoint.verdict.is_passed()).count()
    }
}
