//! What differs between two reports on the same days.

use super::{DayReport, Report};
use crate::verdict::Verdict;
use std::{collections::BTreeMap, fmt::Display};

/// Every difference that matters, as a sentence: conditions, files, tests, and verdicts; not how long something took.
pub fn differences(before: &Report, after: &Report) -> Vec<String> {
    let mut found = Vec::new();
    let (was, is) = (&before.conditions, &after.conditions);
    compare(&mut found, "the course", &was.course, &is.course);
    compare(&mut found, "the toolchain", &was.toolchain, &is.toolchain);
    compare(&mut found, "the sandbox", was.sandbox_tier, is.sandbox_tier);
    if was.limits != is.limits {
        found.push("the limits were others".to_owned());
    }
    compare(&mut found, "the deadlines in percent", was.deadlines_percent, is.deadlines_percent);
    if was.visible_only != is.visible_only {
        found.push("only one of them had hidden tests".to_owned());
    }
    compare(&mut found, "the seed", before.seed, after.seed);
    for day in &before.days {
        match after.days.iter().find(|other| other.id == day.id) {
            Some(other) => days(&mut found, day, other),
            None => found.push(format!("{}: it was graded, and is not now", day.id)),
        }
    }
    found
}

fn days(found: &mut Vec<String>, before: &DayReport, after: &DayReport) {
    let id = &before.id;
    let nothing = BTreeMap::new();
    let receipts = (before.receipt.as_ref(), after.receipt.as_ref());
    for (what, was, is) in [
        ("the submitted file", receipts.0.map(|it| &it.files), receipts.1.map(|it| &it.files)),
        ("the test executable", receipts.0.map(|it| &it.tests), receipts.1.map(|it| &it.tests)),
    ] {
        let (was, is) = (was.unwrap_or(&nothing), is.unwrap_or(&nothing));
        for name in was.keys().chain(is.keys().filter(|name| !was.contains_key(*name))) {
            match (was.get(name), is.get(name)) {
                (Some(a), Some(b)) if a == b => {}
                (Some(_), Some(_)) => found.push(format!("{id}: {what} {name} has changed")),
                (Some(_), None) => found.push(format!("{id}: {what} {name} is not there any more")),
                (None, _) => found.push(format!("{id}: {what} {name} is new")),
            }
        }
    }
    if before.build_failure.is_some() != after.build_failure.is_some() {
        let [was, is] =
            [before, after].map(|day| if day.build_failure.is_some() { "did not compile" } else { "compiled" });
        found.push(format!("{id}: it {was} before, and {is} now"));
    }
    for checkpoint in &before.checkpoints {
        let name = &checkpoint.name;
        match after.checkpoints.iter().find(|other| other.name == *name) {
            Some(other) => {
                compare(found, &format!("{id}: {name}"), words(&checkpoint.verdict), words(&other.verdict));
                compare(found, &format!("{id}: the points of {name}"), checkpoint.points, other.points);
            }
            None => found.push(format!("{id}: there is no checkpoint {name} any more")),
        }
    }
}

fn words(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::TimedOut => "timed out",
        Verdict::NotRun { .. } => "not run",
    }
}

fn compare<T: PartialEq + Display>(found: &mut Vec<String>, what: &str, was: T, is: T) {
    if was != is {
        found.push(format!("{what}: was {was}, is {is}"));
    }
}
