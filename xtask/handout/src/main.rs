//! `cargo xtask handout`: a repository for learners, made from the course.
//!
//! # Layout
//!
//! ```text
//! days ──► sources ──► manifests, lock, pages ──► leak ──► place
//! which    what of     what is not the same       nothing   the folder, new
//!          the course  in a hand-out              secret    or there already
//!          is given
//! ```
//!
//! All files are put together in memory and searched for what has to stay in the course. Only then is something written,
//! each file whole or not at all, and the manifest last. What a learner wrote is never touched.

mod days;
mod leak;
mod lock;
mod manifests;
mod pages;
mod place;
mod sources;

use clap::Parser;
use grader::{
    catalog::Catalog,
    compile,
    handout::{self, MANIFEST, Manifest},
};
use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

/// Make a repository for learners from the course, or update one: exercises with their visible tests, the grader, and a
/// workflow that grades on each push
///
/// Solutions, flawed variants and hidden tests are never handed out, in no form: every hand-out has the visible tests only.
/// A line of them anywhere in the hand-out stops the command before anything is written.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask handout", max_term_width = 100)]
#[command(after_help = "Exit status: 0 done, 1 done but for files that were changed by hand, 2 could not be done.")]
struct Args {
    /// The folder: new, empty, or a hand-out that is to be updated
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Days, as in 1-12 or 1-3,5; all days when left out. More can follow later; none is ever taken back
    #[arg(long, value_name = "DAYS")]
    days: Option<days::Days>,
    /// Replace files of the course that were changed by hand, too; what was there is kept below .handout/replaced
    #[arg(long)]
    replace: bool,
}

/// Files of a hand-out by path, with `/` on every system.
type Files = BTreeMap<String, File>;

/// A file of a hand-out.
#[derive(Debug, Clone, PartialEq, Eq)]
struct File {
    bytes: Vec<u8>,
    kind: Kind,
}

/// What a file is to a learner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Of a day's stub: the learner's own from now on.
    Stub,
    /// Of a day's visible tests.
    Tests,
    /// Everything else of the course.
    Course,
    /// The same, and it can be started.
    Program,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> Result<u8, String> {
    let folder = std::env::current_dir().map_err(|error| format!("there is no current folder: {error}"))?;
    let catalog = Catalog::find(&folder).map_err(|error| error.to_string())?;
    if catalog.is_handout() {
        return Err("this is a hand-out itself; hand-outs are made in the course's repository".to_owned());
    }
    let exercises = days::select(&catalog, args.days.as_ref())?;
    let out = place::Place::at(&args.out, catalog.root())?;
    out.expect_days(&exercises)?;

    let mut files = sources::collect(&catalog, &exercises)?;
    pages::add(&mut files, &catalog, &exercises);
    manifests::adapt(&mut files)?;
    lock::derive(&mut files, catalog.root())?;
    manifests::keep_profiles(&mut files)?;
    leak::expect_none(&files, &sources::public(&catalog)?, catalog.root())?;

    let manifest = Manifest {
        version: handout::VERSION,
        course: compile::course_version(catalog.root()),
        days: exercises.iter().map(|exercise| exercise.id.clone()).collect(),
        files: files.iter().map(|(path, file)| (path.clone(), handout::hash(&file.bytes))).collect(),
    };
    let outcome = out.put(&files, &manifest, &exercises, args.replace)?;
    let days = if exercises.len() == 1 { "day" } else { "days" };
    println!("{}: {} {days} of {}, {} files", args.out.display(), exercises.len(), manifest.course, files.len());
    print!("{outcome}");
    println!("No line of a solution, a flawed variant or a hidden test is in it. {MANIFEST} lists its files.");
    Ok(u8::from(outcome.has_remarks()))
}
