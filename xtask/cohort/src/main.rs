//! `cargo xtask cohort`: the submissions of everybody on a roster, from files to a gradebook.
//!
//! # Layout
//!
//! ```text
//! roster ──► grading ──► shelf ──► merge, status ──► export
//! who, where  a shard     a file     one folder        Canvas, Moodle,
//!             of it       for each   of many           CSV, JSON
//!                         learner
//! ```
//!
//! A shelf is a folder with a manifest, which says what is graded and under which conditions, and a record for each learner,
//! written whole or not at all. Whatever is there already is not done again, so a run that was killed is just started again.

mod export;
mod grading;
mod handed_in;
mod late;
mod pseudonyms;
mod report;
mod roster;
mod shelf;
mod state;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Grade the submissions of everybody on a roster, in shards, and fill gradebooks
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask cohort", max_term_width = 100, disable_help_subcommand = true)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Grade(grading::Args),
    Merge(state::MergeArgs),
    Status(state::StatusArgs),
    Regrade(grading::RegradeArgs),
    Export(export::Args),
    Report(report::Args),
}

/// The exit status when the course or the command line is at fault.
const COULD_NOT: u8 = 2;
/// The exit status when the machine is at fault, and another try may help: `EX_TEMPFAIL` of BSD's sysexits.
const TRY_AGAIN: u8 = 75;

/// The first argument that makes this executable the trusted program inside of sandboxes.
const LAUNCH: &str = "launch-contained";

fn main() -> ExitCode {
    if let Err(error) = grader::compile::stand_in() {
        eprintln!("error: rustc could not be watched: {error}");
        return ExitCode::from(COULD_NOT);
    }
    #[cfg(target_os = "linux")]
    {
        let mut arguments = std::env::args_os().skip(1);
        if arguments.next().is_some_and(|first| first == LAUNCH) {
            return grader::sandbox::launcher::main(arguments);
        }
    }
    let result = match Args::parse().command {
        Command::Grade(args) => grading::run(&args),
        Command::Merge(args) => state::merge(&args),
        Command::Status(args) => state::status(&args),
        Command::Regrade(args) => grading::regrade(&args),
        Command::Export(args) => export::run(&args),
        Command::Report(args) => report::run(&args),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(COULD_NOT)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
        for command in [
            "export graded --csv",
            "export graded --jplag out --submissions in --days 3,4 --anonymous",
            "report graded --html page.html --anonymous",
        ] {
            Args::try_parse_from(["cohort"].into_iter().chain(command.split(' '))).unwrap();
        }
        // Two at once, and a bundle of nothing.
        for command in ["export graded --csv --dolos out.zip --submissions in", "export graded --jplag out"] {
            assert!(Args::try_parse_from(["cohort"].into_iter().chain(command.split(' '))).is_err(), "{command}");
        }
    }
}
