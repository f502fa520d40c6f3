//! What has to come out, and whether it did.

use serde_json::Value;
use std::collections::BTreeMap;

/// The truth about a learner.
#[derive(Debug, Clone)]
pub struct Truth {
    pub is_late: bool,
    /// Words of the reason, if there cannot be a report.
    pub reason: Option<&'static str>,
    /// The days that were handed in. All others are refused, because nothing was submitted.
    pub days: BTreeMap<&'static str, DayTruth>,
}

/// The truth about a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DayTruth {
    /// Every checkpoint passes.
    Star,
    /// This checkpoint does not.
    Fails(String),
    /// No checkpoint passes, though it compiles.
    Nothing,
    DoesNotCompile,
    /// It is not taken; words of the reason.
    Refused(&'static str),
}

impl Truth {
    /// What in a learner's record is not the truth.
    pub fn wrong_in(&self, record: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        if (record["seconds_late"].as_i64() > Some(0)) != self.is_late {
            wrong.push(format!("late: {} instead of {}", record["seconds_late"], self.is_late));
        }
        let reason = record["reason"].as_str().unwrap_or_default();
        match self.reason {
            Some(words) if !reason.contains(words) || !record["report"].is_null() => {
                wrong.push(format!("{reason:?} instead of {words:?}"));
            }
            Some(_) if reason.contains("/cohort/") => wrong.push(format!("a folder of the machine: {reason}")),
            None if record["report"].is_null() => wrong.push(format!("no report: {reason}")),
            _ => {}
        }
        for day in record["report"]["days"].as_array().into_iter().flatten() {
            let id = day["id"].as_str().unwrap();
            let truth = self.days.get(id).unwrap_or(&DayTruth::Refused("nothing was submitted"));
            if !truth.holds(day) {
                let shown = serde_json::to_string_pretty(day).unwrap();
                wrong.push(format!("{id} is not {truth:?}: {}", shown.chars().take(6000).collect::<String>()));
            }
        }
        wrong
    }
}

impl DayTruth {
    fn holds(&self, day: &Value) -> bool {
        let checkpoints = day["checkpoints"].as_array().unwrap();
        let verdict = |checkpoint: &Value| checkpoint["verdict"].as_str().unwrap().to_owned();
        let has_failed = |checkpoint: &Value| ["failed", "timed_out"].contains(&verdict(checkpoint).as_str());
        let says = |field: &str, words: &str| day[field].as_str().is_some_and(|text| text.contains(words));
        match self {
            DayTruth::Star => day["outcome"] == "star" && checkpoints.iter().all(|it| verdict(it) == "passed"),
            DayTruth::Fails(name) => {
                let mut named = checkpoints.iter().filter(|checkpoint| checkpoint["name"] == name.as_str());
                named.next().is_some_and(has_failed)
            }
            DayTruth::Nothing => day["points"] == 0 && day["outcome"] == "failed" && checkpoints.iter().all(has_failed),
            DayTruth::DoesNotCompile => says("build_failure", "error") && day["points"] == 0,
            DayTruth::Refused(words) => says("refusal", words) && day["points"] == 0,
        }
    }
}
