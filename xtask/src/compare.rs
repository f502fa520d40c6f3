//! `cargo xtask diff` and `cargo xtask solution`: one's own work beside the stub and beside the reference solution.

use crate::{grade, words};
use grader::{
    catalog::Catalog,
    exercise::Exercise,
    render::Paint,
    store::Store,
    work::{Files, Work},
};
use std::{collections::BTreeSet, fs, path::Path};

/// Show what you changed in a day's stub
#[derive(Debug, clap::Args)]
pub struct DiffArgs {
    /// The day
    #[arg(value_name = "DAY")]
    day: String,
}

/// Show the reference solution of a day that passes
#[derive(Debug, clap::Args)]
pub struct SolutionArgs {
    /// The day
    #[arg(value_name = "DAY")]
    day: String,
    /// Also before the day passes
    #[arg(long)]
    anyway: bool,
    /// As the difference from your own files
    #[arg(long)]
    diff: bool,
}

/// What changed since the stub.
pub fn diff(args: &DiffArgs) -> Result<u8, String> {
    let catalog = crate::catalog()?;
    let exercise = catalog.select(std::slice::from_ref(&args.day)).map_err(words)?[0];
    let work = Work::of(&catalog, exercise).map_err(words)?;
    let (stub, own) = (work.stub(&catalog, exercise).map_err(words)?, work.files().map_err(words)?);
    let text = differences(&stub, &own, ["stub", "yours"]);
    grade::print(if text.is_empty() { "You have changed nothing yet.\n" } else { &text });
    Ok(0)
}

/// The reference solution: its notes, then its files, or how they differ from one's own.
pub fn solution(args: &SolutionArgs) -> Result<u8, String> {
    let catalog = crate::catalog()?;
    let exercise = catalog.select(std::slice::from_ref(&args.day)).map_err(words)?[0];
    let folder = catalog.root().join("solutions").join(&exercise.id);
    if !folder.is_dir() {
        return Err("this copy of the course comes without solutions".to_owned());
    }
    if !args.anyway && !passes(&catalog, exercise) {
        return Err(format!(
            "day {:02} does not pass yet. `cargo xtask hint {0}` gives a nudge; `cargo xtask solution {0} --anyway` shows it all the same",
            exercise.number
        ));
    }
    let work = Work::of(&catalog, exercise).map_err(words)?;
    let reference = work.like_in(&folder).map_err(words)?;
    let text = if args.diff {
        differences(&work.files().map_err(words)?, &reference, ["yours", "solution"])
    } else {
        whole(&folder, &reference)
    };
    grade::print(&text);
    Ok(0)
}

fn passes(catalog: &Catalog, exercise: &Exercise) -> bool {
    let progress = Store::of(catalog.root()).progress(catalog);
    progress.standings.iter().any(|standing| standing.exercise.id == exercise.id && standing.passes())
}

fn whole(folder: &Path, files: &Files) -> String {
    let paint = Paint::new(grade::colours(true));
    let mut text = fs::read_to_string(folder.join("NOTES.md")).map(|notes| notes + "\n").unwrap_or_default();
    for (path, bytes) in files {
        let title = paint.bold(&format!("── {path} ──"));
        text.push_str(&format!("{title}\n{}\n", String::from_utf8_lossy(bytes)));
    }
    text
}

/// All differences as one unified diff.
fn differences(before: &Files, after: &Files, names: [&str; 2]) -> String {
    let paths: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let paint = Paint::new(grade::colours(true));
    let mut text = String::new();
    for path in paths {
        let content = |files: &Files| files.get(path).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let (old, new) = (content(before).unwrap_or_default(), content(after).unwrap_or_default());
        if old != new {
            let name = |side: usize| format!("{}/{path}", names[side]);
            let mut options = diffy::DiffOptions::new();
            options.set_original_filename(name(0)).set_modified_filename(name(1));
            for line in options.create_patch(&old, &new).to_string().lines() {
                let painted = match line.as_bytes().first() {
                    Some(b'+') => paint.green(line),
                    Some(b'-') => paint.red(line),
                    Some(b'@') => paint.dim(line),
                    _ => line.to_owned(),
                };
                text.push_str(&format!("{painted}\n"));
            }
        }
    }
    text
}
