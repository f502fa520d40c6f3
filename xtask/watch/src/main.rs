//! `cargo xtask watch`: one day in the terminal, graded again each time a file of it is saved.
//!
//! # Layout
//!
//! ```text
//! saved ──► runner ──► model ──► view
//! files      grades     what is    draws it
//!            on a       known      (or `lines`, where
//!            thread                there is no terminal)
//! ```
//!
//! A newer save calls off the run of an older one. Files are looked at every few milliseconds instead of waiting for
//! events of the file system: it costs nothing for a dozen files, and works where events do not arrive, as on network
//! file systems and in containers.

mod lines;
mod model;
mod runner;
mod saved;
mod screen;
mod view;

use clap::Parser;
use grader::{catalog::Catalog, exercise::Exercise, store::Store};
use std::{io::IsTerminal, process::ExitCode};

/// Run a day's tests each time you save, and show the first failure in full
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask watch")]
struct Args {
    /// The day; without it the first that does not pass
    #[arg(value_name = "DAY")]
    day: Option<String>,
    /// Go on to the next day by itself when one passes
    #[arg(long)]
    go_on: bool,
    /// Plain lines, as without a terminal
    #[arg(long)]
    plain: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> Result<(), String> {
    let folder = std::env::current_dir().map_err(|error| format!("there is no current folder: {error}"))?;
    let catalog = Catalog::find(&folder).map_err(|error| error.to_string())?;
    let exercise = chosen(&catalog, args.day.as_ref())?;
    if args.plain || !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        lines::run(&catalog, exercise, args.go_on)
    } else {
        screen::run(&catalog, exercise, args.go_on)
    }
}

/// The day that was asked for, or the first that does not pass.
fn chosen<'a>(catalog: &'a Catalog, name: Option<&String>) -> Result<&'a Exercise, String> {
    if let Some(name) = name {
        let selected = catalog.select(std::slice::from_ref(name)).map_err(|error| error.to_string())?;
        return selected.first().copied().ok_or_else(|| "there is no such day".to_owned());
    }
    let progress = Store::of(catalog.root()).progress(catalog);
    let next = progress.next().map(|next| next.exercise);
    next.ok_or_else(|| "every day passes; name the day that you want to watch".to_owned())
}

/// The day after this one; none after the last.
fn following<'a>(catalog: &'a Catalog, exercise: &Exercise) -> Option<&'a Exercise> {
    catalog.exercises().iter().find(|other| other.number > exercise.number)
}
