//! Checkpoints whose verdict was another one the next time, though nothing that it depends on had changed.
//!
//! What stored reports can tell: those of the cohort's folder and those that `regrade` put aside, and learners who handed in
//! the same files. What they cannot: a verdict that is known already is not made again, so an unchanged submission that was
//! graded twice on one machine has one grading unless its verdicts were forgotten in between; and what a fault of the machine
//! left open was replaced when it was tried again.

use crate::shelf::{Manifest, Record};
use grader::{
    receipt::hash,
    report::DayReport,
    verdict::{Cause, Verdict},
};
use std::collections::{BTreeMap, BTreeSet};

/// All gradings, by everything that a verdict depends on.
#[derive(Debug, Default)]
pub struct Gradings {
    same: BTreeMap<String, Same>,
}

#[derive(Debug, Default)]
struct Same {
    day: String,
    /// By a hash of the report on the day with its times: a verdict that was kept and shown again is one grading.
    gradings: BTreeMap<String, BTreeMap<String, &'static str>>,
}

/// What came out.
#[derive(Debug)]
pub struct Steadiness {
    /// Folders of earlier gradings that were looked at.
    pub folders: usize,
    /// Submitted days that were graded more than once.
    pub repeated: usize,
    pub unsteady: Vec<Unsteady>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Unsteady {
    pub day: String,
    pub checkpoint: String,
    /// Submitted days on which it was not steady.
    pub submissions: usize,
    /// How often each verdict came out for those.
    pub verdicts: BTreeMap<&'static str, usize>,
}

impl Gradings {
    pub fn add(&mut self, manifest: &Manifest, record: &Record) {
        let Some(report) = &record.report else { return };
        // The commit of the course is no part of it: what matters of the course is in the hashes of the tests.
        let conditions = &report.conditions;
        let around = serde_json::json!([
            manifest.seed,
            conditions.toolchain,
            conditions.sandbox_tier,
            conditions.limits,
            conditions.deadlines_percent
        ]);
        for day in &report.days {
            let Some(receipt) = &day.receipt else { continue };
            let key = hash(serde_json::json!([day.id, receipt, around]).to_string().as_bytes());
            let grading = hash(serde_json::json!(day).to_string().as_bytes());
            let same = self.same.entry(key).or_default();
            same.day.clone_from(&day.id);
            same.gradings.insert(grading, verdicts(day));
        }
    }

    pub fn result(self, folders: usize) -> Steadiness {
        let mut repeated = 0;
        let mut unsteady: BTreeMap<(String, String), Unsteady> = BTreeMap::new();
        for same in self.same.into_values().filter(|same| same.gradings.len() > 1) {
            repeated += 1;
            let names: BTreeSet<_> = same.gradings.values().flat_map(BTreeMap::keys).cloned().collect();
            for name in names {
                let of_name: Vec<_> =
                    same.gradings.values().filter_map(|grading| grading.get(&name).copied()).collect();
                if of_name.iter().all(|verdict| Some(verdict) == of_name.first()) {
                    continue;
                }
                let found = unsteady.entry((same.day.clone(), name.clone())).or_insert_with(|| Unsteady {
                    day: same.day.clone(),
                    checkpoint: name,
                    submissions: 0,
                    verdicts: BTreeMap::new(),
                });
                found.submissions += 1;
                for verdict in of_name {
                    *found.verdicts.entry(verdict).or_default() += 1;
                }
            }
        }
        Steadiness { folders, repeated, unsteady: unsteady.into_values().collect() }
    }
}

/// What is known of each checkpoint; a fault of the machine is nothing known.
fn verdicts(day: &DayReport) -> BTreeMap<String, &'static str> {
    let known = day.checkpoints.iter().filter_map(|checkpoint| {
        let word = match &checkpoint.verdict {
            Verdict::Passed => "passed",
            Verdict::Failed => "failed",
            Verdict::TimedOut => "timed out",
            Verdict::NotRun { cause: Cause::Build, .. } => "did not compile",
            Verdict::NotRun { .. } => return None,
        };
        Some((checkpoint.name.clone(), word))
    });
    known.collect()
}
