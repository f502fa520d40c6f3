//! From the records of a cohort to what the page shows.

use super::{
    alike,
    statistics::{ENOUGH, point_biserial},
    steady::{self, Steadiness},
};
use crate::{
    pseudonyms::{Mask, Pseudonyms},
    shelf::{Record, Shelf},
};
use grader::{
    exercise::Tier,
    report::{DayReport, Outcome, TestReport},
    verdict::{Cause, Verdict},
};
use std::collections::BTreeMap;

/// Everything that the page shows.
#[derive(Debug)]
pub struct Class {
    pub is_anonymous: bool,
    /// The days, in order.
    pub days: Vec<Day>,
    /// Everybody, in order of the roster, or of pseudonyms.
    pub rows: Vec<Row>,
    pub checkpoints: Vec<Checkpoint>,
    /// The most frequent first.
    pub failures: Vec<Failure>,
    pub steadiness: Steadiness,
    /// Points of everything required.
    pub points_required: u32,
    pub course: String,
    pub toolchain: String,
    pub due: Option<String>,
}

#[derive(Debug)]
pub struct Day {
    pub number: String,
    pub title: String,
}

/// One learner.
#[derive(Debug)]
pub struct Row {
    pub name: String,
    /// Empty when the name says it all.
    pub id: String,
    /// In order of days.
    pub cells: Vec<Cell>,
    /// Points, less what lateness costs. None: nothing is known yet.
    pub total: Option<f64>,
    pub days_passed: usize,
    pub is_late: bool,
    pub has_submission: bool,
    /// Why there is no verdict on the learner, or on a day: `(None, reason)` and `(Some(day), reason)`.
    pub reasons: Vec<(Option<String>, String)>,
}

/// What came out of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    Star(u32),
    Passed(u32),
    Failed(u32),
    DoesNotCompile,
    /// It was handed in, and not taken.
    Refused,
    NotHandedIn,
    /// No verdict, through no fault of the learner's.
    Open,
}

#[derive(Debug)]
pub struct Checkpoint {
    pub day: String,
    pub name: String,
    pub tier: Tier,
    pub summary: String,
    pub passed: usize,
    /// Learners who handed the day in and have a verdict on the checkpoint.
    pub judged: usize,
    /// How well it separates: see [`point_biserial`].
    pub separation: Option<f64>,
}

/// Failures that are alike.
#[derive(Debug)]
pub struct Failure {
    pub day: String,
    pub checkpoint: String,
    pub claim: String,
    pub form: String,
    pub count: usize,
    pub example: String,
}

/// Reads all records.
pub fn gather(shelf: &Shelf, pseudonyms: Option<&Pseudonyms>) -> Result<Class, String> {
    let manifest = &shelf.manifest;
    let mut rows = Vec::new();
    let mut tally = Tally::default();
    let mut steady = steady::Gradings::default();
    let mut points_required = 0;
    let mut titles = BTreeMap::new();
    for learner in &manifest.roster {
        let record = shelf.record(&learner.id)?;
        let shown = pseudonyms.map_or_else(
            || if learner.name.is_empty() { learner.id.clone() } else { learner.name.clone() },
            |pseudonyms| pseudonyms.name(&learner.id),
        );
        let id = if pseudonyms.is_some() || learner.name.is_empty() { String::new() } else { learner.id.clone() };
        let mask = match (&record, pseudonyms) {
            (Some(record), Some(_)) => Mask::new(record, &shown),
            _ => Mask::default(),
        };
        // Or everybody would have a reason of their own.
        let place = record.as_ref().map(|record| Mask::of_place(record, "<id>")).unwrap_or_default();
        if let Some(record) = &record {
            for day in record.report.iter().flat_map(|report| &report.days) {
                titles.entry(day.id.clone()).or_insert_with(|| day.title.clone());
                tally.add(day, record, &mask);
            }
            points_required = points_required.max(record.report.as_ref().map_or(0, |report| report.points_required));
            steady.add(manifest, record);
        }
        rows.push(row(shelf, record.as_ref(), shown, id, &|why| mask.hide(&place.hide(why))));
    }
    let earlier = shelf.earlier()?;
    for before in &earlier {
        for learner in &before.manifest.roster {
            if let Some(record) = before.record(&learner.id)? {
                steady.add(&before.manifest, &record);
            }
        }
    }
    if pseudonyms.is_some() {
        // In the order of numbers; that of the roster would tell who they are.
        rows.sort_by_key(|row| row.name.rsplit(' ').next().and_then(|number| number.parse::<u32>().ok()));
    }
    let day = |id: &String| Day {
        number: id.strip_prefix("day").and_then(|rest| rest.get(..2)).unwrap_or(id).to_owned(),
        title: titles.get(id).cloned().unwrap_or_default(),
    };
    let (checkpoints, failures) = tally.results();
    Ok(Class {
        is_anonymous: pseudonyms.is_some(),
        days: manifest.days.iter().map(day).collect(),
        rows,
        checkpoints,
        failures,
        steadiness: steady.result(earlier.len()),
        points_required,
        course: manifest.conditions.course.clone(),
        toolchain: manifest.conditions.toolchain.clone(),
        due: manifest.due.clone(),
    })
}

fn row(shelf: &Shelf, record: Option<&Record>, name: String, id: String, hide: &dyn Fn(&str) -> String) -> Row {
    let report = record.and_then(|record| record.report.as_ref());
    let mut reasons = Vec::new();
    match record {
        None => reasons.push((None, "not graded yet".to_owned())),
        Some(record) => reasons.extend(record.reason.as_ref().map(|why| (None, hide(why)))),
    }
    let mut cells = Vec::new();
    for id in &shelf.manifest.days {
        let Some(day) = report.and_then(|report| report.days.iter().find(|day| day.id == *id)) else {
            let is_known = record.is_some_and(|record| record.reason.is_some());
            cells.push(if is_known { Cell::NotHandedIn } else { Cell::Open });
            continue;
        };
        let cell = cell(day);
        if matches!(cell, Cell::Open | Cell::Refused) {
            reasons.push((Some(day.id.clone()), hide(&why(day))));
        }
        cells.push(cell);
    }
    Row {
        name,
        id,
        cells,
        total: record.and_then(|record| record.grade(shelf.manifest.late)),
        days_passed: report.map_or(0, |report| report.days_passed),
        is_late: record.is_some_and(|record| record.seconds_late > 0),
        has_submission: report.is_some(),
        reasons,
    }
}

fn cell(day: &DayReport) -> Cell {
    match day.outcome {
        Outcome::Star => Cell::Star(day.points),
        Outcome::Passed => Cell::Passed(day.points),
        Outcome::NotGraded => Cell::Open,
        Outcome::Failed if day.build_failure.is_some() => Cell::DoesNotCompile,
        Outcome::Failed if day.refusal.is_none() => Cell::Failed(day.points),
        // Nothing of the day was in the submission, or something was that is not taken.
        Outcome::Failed if day.refusal.as_deref().is_some_and(|why| why.starts_with("nothing was submitted")) => {
            Cell::NotHandedIn
        }
        Outcome::Failed => Cell::Refused,
    }
}

/// Why a day has no verdict.
fn why(day: &DayReport) -> String {
    let reasons = day.checkpoints.iter().filter_map(|checkpoint| match &checkpoint.verdict {
        Verdict::NotRun { reason, .. } => Some(reason.as_str()),
        _ => None,
    });
    day.refusal.as_deref().or_else(|| reasons.into_iter().next()).unwrap_or("no reason is known").to_owned()
}

/// Checkpoints and failures, counted learner by learner.
#[derive(Default)]
struct Tally {
    checkpoints: BTreeMap<(String, usize), Counted>,
    failures: BTreeMap<[String; 4], (usize, String)>,
}

struct Counted {
    name: String,
    tier: Tier,
    summary: String,
    /// Whether a learner passed, and their points of everything else.
    judged: Vec<(bool, f64)>,
}

impl Tally {
    fn add(&mut self, day: &DayReport, record: &Record, mask: &Mask) {
        // Who did not hand the day in says nothing about its checkpoints.
        let (Some(report), Some(_)) = (&record.report, &day.receipt) else { return };
        if let Some(messages) = &day.build_failure {
            self.fail([&day.id, "", ""], alike::form_of_build_failure(messages), messages, mask);
        }
        for (place, checkpoint) in day.checkpoints.iter().enumerate() {
            let counted = self.checkpoints.entry((day.id.clone(), place)).or_insert_with(|| Counted {
                name: checkpoint.name.clone(),
                tier: checkpoint.tier,
                summary: checkpoint.summary.clone(),
                judged: Vec::new(),
            });
            let own = match checkpoint.verdict {
                Verdict::Passed => Some(checkpoint.points),
                Verdict::Failed | Verdict::TimedOut => Some(0),
                Verdict::NotRun { cause: Cause::Build | Cause::Refused, .. } => Some(0),
                Verdict::NotRun { .. } => None,
            };
            if let Some(own) = own {
                counted
                    .judged
                    .push((checkpoint.verdict.is_passed(), f64::from(report.points - own.min(report.points))));
            }
            for test in &checkpoint.tests {
                self.test([&day.id, &checkpoint.name], test, mask);
            }
        }
    }

    fn test(&mut self, [day, checkpoint]: [&str; 2], test: &TestReport, mask: &Mask) {
        let form = match &test.verdict {
            Verdict::Failed => alike::form(&test.message),
            Verdict::TimedOut => format!("timed out: {}", alike::form(&test.message)),
            Verdict::Passed | Verdict::NotRun { .. } => return,
        };
        self.fail([day, checkpoint, &test.name], form, &test.message, mask);
    }

    fn fail(&mut self, [day, checkpoint, claim]: [&str; 3], form: String, example: &str, mask: &Mask) {
        let key = [day.to_owned(), checkpoint.to_owned(), claim.to_owned(), mask.hide(&form)];
        self.failures.entry(key).or_insert_with(|| (0, mask.hide(example))).0 += 1;
    }

    fn results(self) -> (Vec<Checkpoint>, Vec<Failure>) {
        let checkpoint = |((day, _), counted): ((String, usize), Counted)| Checkpoint {
            day,
            passed: counted.judged.iter().filter(|(passed, _)| *passed).count(),
            judged: counted.judged.len(),
            separation: point_biserial(&counted.judged),
            name: counted.name,
            tier: counted.tier,
            summary: counted.summary,
        };
        let failure = |([day, checkpoint, claim, form], (count, example)): ([String; 4], (usize, String))| Failure {
            day,
            checkpoint,
            claim: claim.replace("::", ": ").replace('_', " "),
            form,
            count,
            example,
        };
        let mut failures: Vec<_> = self.failures.into_iter().map(failure).collect();
        failures.sort_by_key(|failure| std::cmp::Reverse(failure.count));
        (self.checkpoints.into_iter().map(checkpoint).collect(), failures)
    }
}

impl Checkpoint {
    /// Why nothing is said about separation, or what an instructor should look at.
    pub fn remark(&self) -> &'static str {
        match self.separation {
            None if self.judged < ENOUGH => "too few",
            None if self.passed == self.judged => "all pass",
            None if self.passed == 0 => "nobody passes",
            None => "all scores are equal",
            Some(separation) if separation < 0.0 => "the stronger fail: look at the test",
            Some(separation) if separation < 0.2 => "separates little",
            Some(_) => "",
        }
    }
}
