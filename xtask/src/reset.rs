//! `cargo xtask reset`: the stub again, and what was there before in a backup.

use crate::words;
use grader::work::{Backups, Work};

/// Put a day's stub back; what you wrote is kept in a backup
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The day
    #[arg(value_name = "DAY")]
    day: String,
    /// Bring back the files of the latest backup
    #[arg(long)]
    undo: bool,
}

/// Replaces the learner's files of a day. A backup of them is complete before the first one changes.
pub fn run(args: &Args) -> Result<u8, String> {
    let catalog = crate::catalog()?;
    let exercise = catalog.select(std::slice::from_ref(&args.day)).map_err(words)?[0];
    let work = Work::of(&catalog, exercise).map_err(words)?;
    let backups = Backups::of(catalog.root(), &exercise.id);
    let wanted = if args.undo {
        let latest = backups.latest().map_err(words)?;
        latest.ok_or_else(|| format!("{} has no backup: it was never reset", exercise.id))?.files()
    } else {
        work.stub(&catalog, exercise)
    };
    let wanted = wanted.map_err(words)?;
    let before = work.files().map_err(words)?;
    if before == wanted {
        let what = if args.undo { "its latest backup" } else { "its stub" };
        println!("{} is {what} already.", exercise.id);
        return Ok(0);
    }
    let backup = backups.keep(&before).map_err(words)?;
    work.replace(&wanted).map_err(|error| {
        format!(
            "{error}\nYour files are safe in {}; once that is repaired, run the same again",
            backup.folder.display()
        )
    })?;
    let what = if args.undo { "is as it was before" } else { "is the stub again" };
    println!("{} {what}. What was there: {}", exercise.id, backup.folder.display());
    println!("Take it back: cargo xtask reset {} --undo", exercise.number);
    Ok(0)
}
