//! A graded cohort as one page for its instructor.
//!
//! ```text
//! shelf ──► gather ──────────► page
//!           rows of learners   one HTML file
//!           checkpoints ◄── statistics
//!           failures    ◄── alike
//!           unsteady verdicts
//! ```

mod alike;
mod gather;
mod page;
mod statistics;
mod steady;

use crate::{pseudonyms::Pseudonyms, shelf::Shelf};
use std::path::PathBuf;

/// Make one page of a cohort for a browser: points, checkpoints, failures
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder of the cohort
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Write the page to this file
    #[arg(long, value_name = "FILE")]
    html: PathBuf,
    /// Leave out names, addresses and ids: everybody is a number, the same one in each report of this cohort
    #[arg(long)]
    anonymous: bool,
}

/// Writes the page.
pub fn run(args: &Args) -> Result<u8, String> {
    let shelf = Shelf::open(&args.folder)?;
    let pseudonyms = if args.anonymous { Some(Pseudonyms::of(&shelf)?) } else { None };
    let class = gather::gather(&shelf, pseudonyms.as_ref())?;
    let text = page::page(&class);
    grader::store::write(&args.html, text.as_bytes()).map_err(|error| error.to_string())?;
    println!("{} learners in {}", class.rows.len(), args.html.display());
    Ok(0)
}

#[cfg(test)]
pub mod made;
#[cfg(test)]
mod tests;
