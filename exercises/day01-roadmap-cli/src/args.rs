//! The command line, described as types: clap parses it, explains it under `--help`, and exits with 2 when it is wrong.

use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Skills, what each of them needs, and in which order to learn them
#[derive(Debug, Parser)]
#[command(version)]
pub struct Args {
    /// Folder in which the roadmap is stored
    #[arg(long, env = "DATA_DIR", value_name = "DIR", default_value = "data", global = true)]
    pub data_dir: PathBuf,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add a skill, or more needs to one that is there
    Add {
        #[arg(value_parser = id)]
        id: String,
        /// Skills to learn before this one
        #[arg(long, value_name = "ID,ID", value_delimiter = ',', value_parser = id)]
        needs: Vec<String>,
    },
    /// Note that a skill is learnt
    Done {
        #[arg(value_parser = id)]
        id: String,
        /// Where it can be seen: a repository, an article, a certificate
        #[arg(long, value_name = "URL", value_parser = evidence)]
        evidence: String,
    },
    /// Show the skills that can be learnt now
    Next,
    /// Show what is left, week by week
    Plan {
        /// How many skills fit into a week
        #[arg(long, value_name = "N", value_parser = per_week)]
        per_week: usize,
    },
    /// Show all skills
    List {
        /// As JSON, for other programs
        #[arg(long)]
        json: bool,
    },
}

/// An id has 1 to 40 of a-z, 0-9 and `-`. The `Err` is what clap tells the user.
fn id(text: &str) -> Result<String, String> {
    todo!("check the id {text:?}")
}

/// Evidence is an `http://` or `https://` address of at most 2000 characters, without white space.
fn evidence(text: &str) -> Result<String, String> {
    todo!("check the evidence {text:?}")
}

/// A whole number from 1.
fn per_week(text: &str) -> Result<usize, String> {
    todo!("check the number {text:?}")
}
