//! What a cohort's folders hold: one of many, what is missing, and what has changed.

use crate::shelf::{Manifest, Record, Shelf, difference};
use grader::{
    report::{DayReport, Report},
    verdict::Verdict,
};
use std::{collections::BTreeMap, path::PathBuf};

/// Put the shards of a cohort into one folder, if they belong together and nobody is missing
#[derive(Debug, clap::Args)]
pub struct MergeArgs {
    /// The folders that the shards were graded into
    #[arg(value_name = "FOLDER", required = true)]
    shards: Vec<PathBuf>,
    /// The folder of the whole
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

/// Say how far a cohort is, and who is missing
#[derive(Debug, clap::Args)]
pub struct StatusArgs {
    /// The folders of the cohort, or of its shards
    #[arg(value_name = "FOLDER", required = true)]
    folders: Vec<PathBuf>,
}

/// Merges. Exit status 1 when somebody is missing; then nothing is written. 75 when the machine failed somebody, who has no
/// points in what is written.
pub fn merge(args: &MergeArgs) -> Result<u8, String> {
    let (manifest, records) = collect(&args.shards)?;
    let missing = missing(&manifest, &records);
    if !missing.is_empty() {
        println!("{} of {} are missing: {}", missing.len(), manifest.roster.len(), missing.join(", "));
        return Ok(1);
    }
    let shelf = Shelf::begin(&args.out, manifest)?;
    for record in records.values() {
        shelf.keep(record)?;
    }
    println!("{} reports in {}", records.len(), args.out.display());
    let open: Vec<_> = records.values().filter(|record| record.has_fault()).map(|it| it.learner.id.as_str()).collect();
    if open.is_empty() {
        return Ok(0);
    }
    println!("{} of them to be tried again, through no fault of the learner: {}", open.len(), open.join(", "));
    Ok(crate::TRY_AGAIN)
}

/// Shows the state. Exit status 1 when something is still to be done.
pub fn status(args: &StatusArgs) -> Result<u8, String> {
    let (manifest, records) = collect(&args.folders)?;
    for record in records.values() {
        println!("{}: {}", record.learner.id, summary(record));
    }
    let missing = missing(&manifest, &records);
    let faults = records.values().filter(|record| record.has_fault()).count();
    println!("{} of {} done, {faults} to be tried again", records.len() - faults, manifest.roster.len());
    if !missing.is_empty() {
        println!("not begun: {}", missing.join(", "));
    }
    Ok(u8::from(faults > 0 || !missing.is_empty()))
}

/// The records of all folders, which have to be parts of one cohort.
fn collect(folders: &[PathBuf]) -> Result<(Manifest, BTreeMap<String, Record>), String> {
    let mut all: Option<(Manifest, BTreeMap<String, Record>)> = None;
    for folder in folders {
        let shelf = Shelf::open(folder)?;
        let (manifest, records) = all.get_or_insert_with(|| (shelf.manifest.clone(), BTreeMap::new()));
        if let Some(what) = difference(manifest, &shelf.manifest) {
            let first = folders.first().map(|folder| folder.display().to_string()).unwrap_or_default();
            return Err(format!("{} was graded with {what} than {first}", folder.display()));
        }
        for learner in &shelf.manifest.roster {
            let Some(record) = shelf.record(&learner.id)? else { continue };
            match records.get(&learner.id) {
                // A shard that was tried again elsewhere: what is complete counts.
                Some(known) if known.has_fault() => {}
                Some(_) if record.has_fault() => continue,
                Some(_) => return Err(format!("{} is in two of the folders", learner.id)),
                None => {}
            }
            records.insert(learner.id.clone(), record);
        }
    }
    all.ok_or_else(|| "no folder was named".to_owned())
}

fn missing(manifest: &Manifest, records: &BTreeMap<String, Record>) -> Vec<String> {
    let ids = manifest.roster.iter().map(|learner| learner.id.clone());
    ids.filter(|id| !records.contains_key(id)).collect()
}

/// A record in one line.
pub fn summary(record: &Record) -> String {
    let late = if record.seconds_late > 0 { ", late" } else { "" };
    match (&record.report, &record.reason) {
        (Some(report), _) => {
            let open = if record.has_fault() { ", some not graded through a fault of the machine" } else { "" };
            let (passed, days) = (report.days_passed, report.days.len());
            format!("{passed} of {days} days pass, {} of {} points{late}{open}", report.points, report.points_required)
        }
        (None, Some(reason)) => format!("no points: {}{late}", reason.lines().next().unwrap_or("no reason")),
        (None, None) => "nothing is known".to_owned(),
    }
}

/// Prints who has other verdicts than before, by which checkpoints, and why that may be.
pub fn compare(before: &Shelf, now: &Shelf) -> Result<(), String> {
    let course = difference(&before.manifest, &now.manifest).filter(|what| *what != "another roster");
    let mut changed = 0;
    for learner in &now.manifest.roster {
        let Some(after) = now.record(&learner.id)? else { continue };
        let lines = match before.record(&learner.id)? {
            None => vec!["was not graded before".to_owned()],
            Some(earlier) => changes(&earlier, &after, course),
        };
        if !lines.is_empty() {
            changed += 1;
            println!("{}: {}", learner.id, lines.join("\n    "));
        }
    }
    println!("{changed} of {} have other verdicts than before", now.manifest.roster.len());
    Ok(())
}

fn changes(earlier: &Record, after: &Record, course: Option<&str>) -> Vec<String> {
    let (Some(old), Some(new)) = (&earlier.report, &after.report) else {
        let is_same = earlier.reason == after.reason && earlier.report.is_none() == after.report.is_none();
        return if is_same { Vec::new() } else { vec![format!("{} -> {}", summary(earlier), summary(after))] };
    };
    let (was, is) = (verdicts(old), verdicts(new));
    let changed = is.iter().filter(|(checkpoint, verdict)| was.get(*checkpoint) != Some(verdict));
    let mut lines: Vec<_> = changed
        .map(|(checkpoint, verdict)| match was.get(checkpoint) {
            Some(earlier) => format!("{checkpoint}: {earlier} -> {verdict}"),
            None => format!("{checkpoint}: {verdict}, not graded before"),
        })
        .collect();
    if !lines.is_empty() {
        let files = |report: &Report| -> Vec<_> {
            report.days.iter().map(|day| day.receipt.as_ref().map(|receipt| receipt.files.clone())).collect()
        };
        let submission = (files(old) != files(new)).then_some("another submission");
        let why: Vec<_> = submission.into_iter().chain(course).collect();
        let why = match why.is_empty() {
            true => "nothing else has changed: the verdict is not steady".to_owned(),
            false => why.join(", "),
        };
        lines.insert(0, format!("{} -> {} ({why})", summary(earlier), summary(after)));
    }
    lines
}

/// The verdicts by `day checkpoint`.
fn verdicts(report: &Report) -> BTreeMap<String, String> {
    let of_day = |day: &DayReport| {
        let checkpoints = day.checkpoints.iter();
        let named = checkpoints.map(|it| (format!("{} {}", day.id, it.name), word(&it.verdict)));
        named.collect::<Vec<_>>()
    };
    report.days.iter().flat_map(of_day).collect()
}

fn word(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Passed => "passed".to_owned(),
        Verdict::Failed => "failed".to_owned(),
        Verdict::TimedOut => "timed out".to_owned(),
        Verdict::NotRun { reason, .. } => format!("not run, because {reason}"),
    }
}
