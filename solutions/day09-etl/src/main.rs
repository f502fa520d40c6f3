//! From the files of many shops to one right number for each shop and day; may be killed at any moment.
//!
//! # Layout
//!
//! Data flows one way: `source` → `order` → `pipeline` → `store` → `rejects`.
//!
//! | module | job |
//! | --- | --- |
//! | `source` | finds the files, and reads rows from CSV and NDJSON |
//! | `order` | cleans a row, or says why it cannot be used; `money` reads prices |
//! | `pipeline` | readers on threads, batches through a channel, one place that commits |
//! | `store` | the database: a batch with its progress in one transaction, and the sums |
//! | `rejects` | the file of what could not be used |
//! | `lock` | one run at a time |

mod lock;
mod money;
mod order;
mod pipeline;
mod rejects;
mod source;
mod store;

use clap::{Parser, Subcommand, value_parser};
use std::{path::PathBuf, process::ExitCode};

/// Loads the orders of many shops into one database
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read everything that is new
    Run(Run),
}

#[derive(Debug, clap::Args)]
pub struct Run {
    /// Folder with *.csv and *.ndjson files
    #[arg(long, value_name = "DIR")]
    input: PathBuf,
    /// The SQLite file
    #[arg(long, env = "DB", value_name = "FILE")]
    db: PathBuf,
    /// Rows of one file in one transaction
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = value_parser!(u32).range(1..))]
    batch: u32,
    /// Files that are in work at the same time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u8).range(1..=64))]
    jobs: u8,
}

fn main() -> ExitCode {
    let Command::Run(run) = Args::parse().command;
    plumbing::run(pipeline::run(run))
}
