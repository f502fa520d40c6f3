//! `cargo xtask hint`: one hint at a time. How many were shown is all that is kept.

use crate::{grade, words};
use grader::{
    exercise::{Checkpoint, Exercise},
    render::Paint,
    store::{self, Store},
};
use std::{collections::BTreeMap, fs, path::Path};

/// Show a hint; asked again, the next one
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The day; without it the one that is next
    #[arg(value_name = "DAY")]
    day: Option<String>,
    /// The checkpoint; without it the first that does not pass
    #[arg(value_name = "CHECKPOINT")]
    checkpoint: Option<String>,
    /// Begin with the first hint again
    #[arg(long)]
    again: bool,
}

/// How many hints were shown, by checkpoint, by day.
type Shown = BTreeMap<String, BTreeMap<String, usize>>;

/// Shows the next hint.
pub fn run(args: &Args) -> Result<u8, String> {
    let catalog = crate::catalog()?;
    let progress = Store::of(catalog.root()).progress(&catalog);
    let exercise = match &args.day {
        Some(day) => catalog.select(std::slice::from_ref(day)).map_err(words)?[0],
        None => progress.next().ok_or("every day passes; name the day that you want a hint for")?.exercise,
    };
    let open = || {
        let standing = progress.standings.iter().find(|standing| standing.exercise.id == exercise.id)?;
        standing.open_checkpoint()
    };
    let name = match &args.checkpoint {
        Some(name) => name,
        None => open().ok_or_else(|| {
            format!("every checkpoint of day {:02} passes; name the one that you want a hint for", exercise.number)
        })?,
    };
    let checkpoint = find(exercise, name)?;
    let number = count(catalog.root(), exercise, checkpoint, args.again)?;
    show(exercise, checkpoint, number);
    Ok(0)
}

fn find<'a>(exercise: &'a Exercise, name: &str) -> Result<&'a Checkpoint, String> {
    exercise.checkpoint(name).ok_or_else(|| {
        let names: Vec<_> = exercise.metadata.checkpoints.iter().map(|checkpoint| checkpoint.name.as_str()).collect();
        format!("day {:02} has no checkpoint {name:?}; it has {}", exercise.number, names.join(", "))
    })
}

/// The number of the hint to show now, from 1, after noting it down. The last hint stays the last.
fn count(root: &Path, exercise: &Exercise, checkpoint: &Checkpoint, again: bool) -> Result<usize, String> {
    let path = root.join(".thirty").join("hints.json");
    // A damaged note costs nothing: hints begin with the first again.
    let mut shown: Shown =
        fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    let entry = shown.entry(exercise.id.clone()).or_default().entry(checkpoint.name.clone()).or_default();
    *entry = if again { 1 } else { (*entry + 1).min(checkpoint.hints.len()) };
    let number = *entry;
    let json = serde_json::to_vec(&shown).map_err(|error| error.to_string())?;
    fs::create_dir_all(root.join(".thirty")).map_err(|error| format!("cannot make .thirty: {error}"))?;
    store::write(&path, &json).map_err(words)?;
    Ok(number)
}

fn show(exercise: &Exercise, checkpoint: &Checkpoint, number: usize) {
    let paint = Paint::new(grade::colours(true));
    let title = format!("Day {:02}, {}: {}", exercise.number, checkpoint.name, checkpoint.summary);
    let all = checkpoint.hints.len();
    let mut text = format!("{}\n\n", paint.bold(&title));
    match checkpoint.hints.get(number.saturating_sub(1)) {
        None => text.push_str("There is no hint for it.\n"),
        Some(hint) => {
            text.push_str(&format!("{hint}\n\n"));
            let more = if number < all { ". Ask again for the next one" } else { ", which is the last" };
            text.push_str(&format!("{}\n", paint.dim(&format!("Hint {number} of {all}{more}."))));
        }
    }
    grade::print(&text);
}
