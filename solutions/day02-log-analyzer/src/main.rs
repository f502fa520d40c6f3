//! Streaming analytics over access logs: what was asked for, how often, how it was answered, and how fast.
//!
//! Data flows one way: `source` opens files and cuts them into lines, `record` takes one line apart, `stats` counts, and
//! `report` shows the result.

mod clock;
mod record;
mod report;
mod source;
mod stats;
mod times;

use clap::{Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use stats::{Stats, Window};
use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

/// Analyses access logs of web servers
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Count requests, bytes, statuses and paths
    Analyze(Analyze),
}

#[derive(Debug, clap::Args)]
struct Analyze {
    /// Log files, folders of log files, or - for standard input; what ends in .gz is decompressed
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Only requests at or after this moment, such as 2026-01-31T08:15:00Z or 2026-01-31T09:15:00+01:00
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Only requests before this moment
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
    /// How many paths to list
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,
    /// For people, or for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Json,
    Text,
}

fn main() -> ExitCode {
    let Command::Analyze(args) = Args::parse().command;
    match analyze(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Reads everything, then prints one report.
fn analyze(args: &Analyze) -> Result<(), String> {
    let mut stats = Stats::new(Window { since: args.since, until: args.until });
    for path in &args.paths {
        source::each_line(path, |line| stats.add_line(line))?;
    }
    let report = stats.report(args.top);
    let text = match args.format {
        Format::Text => report.to_string(),
        Format::Json => serde_json::to_string(&report).map_err(|error| format!("no JSON can be made: {error}"))? + "\n",
    };
    match io::stdout().lock().write_all(text.as_bytes()) {
        // `analyze … | head -1` has seen enough: that is no error.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("standard output: {error}")),
        _ => Ok(()),
    }
}
