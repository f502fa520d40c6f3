//! The one command line of the course: `cargo xtask COMMAND`. One module per command, and no grading rule in any.

mod bench;
mod book;
mod check;
mod cohort;
mod compare;
mod completions;
mod doctor;
mod export;
mod grade;
mod handout;
mod hint;
mod interrupt;
mod journal;
mod mutants;
mod new_day;
mod package;
mod peers;
mod progress;
mod reset;
mod run;
mod sandbox;
mod show;
mod soak;
mod standing;
mod table;
mod trial;
mod verify;
mod watch;

use clap::{Parser, Subcommand};
use grader::{catalog::Catalog, error::GradeError};
use std::{
    path::PathBuf,
    process::{self, ExitCode},
};

/// Thirty Backends: build 30 backend projects in 30 days. Alone it says where you are and what is next.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", max_term_width = 100, disable_help_subcommand = true)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Grade(grade::Args),
    Run(run::Args),
    Watch(watch::Args),
    Next(standing::NextArgs),
    List(standing::ListArgs),
    Hint(hint::Args),
    Diff(compare::DiffArgs),
    Reset(reset::Args),
    Solution(compare::SolutionArgs),
    Report(standing::ReportArgs),
    Book(book::Args),
    Completions(completions::Args),
    Render(show::Args),
    Verify(verify::Args),
    Cohort(cohort::Args),
    Handout(handout::Args),
    Export(export::Args),
    Doctor(doctor::Args),
    Check(check::Args),
    Peers(peers::Args),
    Bench(bench::Args),
    Mutants(mutants::Args),
    Soak(soak::Args),
    NewDay(new_day::Args),
    #[command(hide = true)]
    BecomePeer(peers::BecomeArgs),
    #[command(hide = true)]
    WatchPeer(peers::WatchArgs),
}

fn main() -> ExitCode {
    if let Err(error) = grader::compile::stand_in() {
        eprintln!("error: rustc could not be watched: {error}");
        return ExitCode::from(COULD_NOT);
    }
    #[cfg(target_os = "linux")]
    if let Some(code) = sandbox::launch() {
        return code;
    }
    let Some(command) = Args::parse().command else { return exit(standing::home()) };
    if let Err(message) = command.course_only().map_or(Ok(()), handout::expect_course) {
        return exit(Err(message));
    }
    exit(match command {
        Command::Grade(args) => grade::run(args),
        Command::Run(args) => run::run(&args),
        Command::Watch(args) => watch::run(&args),
        Command::Next(args) => standing::next(&args),
        Command::List(args) => standing::list(&args),
        Command::Hint(args) => hint::run(&args),
        Command::Diff(args) => compare::diff(&args),
        Command::Reset(args) => reset::run(&args),
        Command::Solution(args) => compare::solution(&args),
        Command::Book(args) => book::run(&args),
        Command::Report(args) => standing::report(&args),
        Command::Completions(args) => Ok(completions::run(&args)),
        Command::Render(args) => show::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Cohort(args) => cohort::run(&args),
        Command::Handout(args) => handout::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Doctor(args) => Ok(doctor::run(&args)),
        Command::Check(args) => check::run(&args),
        Command::Peers(args) => peers::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Mutants(args) => mutants::run(&args),
        Command::Soak(args) => soak::run(&args),
        Command::NewDay(args) => new_day::run(&args),
        Command::BecomePeer(args) => peers::become_peer(&args),
        Command::WatchPeer(args) => peers::watch(&args),
    })
}

impl Command {
    /// Its name, if it needs what a hand-out does not have.
    fn course_only(&self) -> Option<&'static str> {
        Some(match self {
            Command::Solution(_) => "solution",
            Command::Check(_) => "check",
            Command::Peers(_) => "peers",
            Command::Cohort(_) => "cohort",
            Command::Handout(_) => "handout",
            Command::Export(_) => "export",
            Command::Bench(_) => "bench",
            Command::Mutants(_) => "mutants",
            Command::Soak(_) => "soak",
            Command::NewDay(_) => "new-day",
            Command::Grade(args) if args.of_solutions() => "grade --solutions",
            _ => return None,
        })
    }
}

fn exit(result: Result<u8, String>) -> ExitCode {
    match result {
        Ok(code) => ExitCode::from(code),
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(COULD_NOT)
        }
    }
}

/// The exit status when the course or the machine is at fault, or the command line.
const COULD_NOT: u8 = 2;

/// Starts a program. On Unix it takes our place, so that signals and the terminal are its own.
fn become_it(mut command: process::Command) -> Result<u8, String> {
    let program = command.get_program().to_owned();
    let cannot = |error| format!("cannot start {}: {error}", program.display());
    #[cfg(unix)]
    return Err(cannot(std::os::unix::process::CommandExt::exec(&mut command)));
    #[cfg(not(unix))]
    {
        let status = command.status().map_err(cannot)?;
        Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(COULD_NOT))
    }
}

/// Where cargo builds, and where we keep what can be made again.
fn target_folder(catalog: &Catalog) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| catalog.root().join("target"), PathBuf::from)
}

/// What is wrong with `words` after `cargo xtask`; nothing is run.
fn expect_command(words: &[String]) -> Result<(), String> {
    let words = std::iter::once("xtask").chain(words.iter().map(String::as_str));
    match Args::try_parse_from(words) {
        // Asking for help is a command, too.
        Err(error) if error.use_stderr() => {
            let text = error.to_string();
            Err(text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned())
        }
        _ => Ok(()),
    }
}

/// The course around the current folder.
fn catalog() -> Result<Catalog, String> {
    let folder = std::env::current_dir().map_err(|error| format!("there is no current folder: {error}"))?;
    Catalog::find(&folder).map_err(words)
}

fn words(error: GradeError) -> String {
    error.to_string()
}
