//! The command line, described as types: clap parses it, explains it under `--help`, and exits with 2 when it is wrong.

use clap::{Parser, Subcommand};
use std::path::PathBuf;

const ID_CHARS: usize = 40;
const EVIDENCE_CHARS: usize = 2000;

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

fn id(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.is_empty() || text.len() > ID_CHARS || !text.chars().all(allowed) {
        return Err(format!("an id has 1 to {ID_CHARS} of a-z, 0-9 and -"));
    }
    Ok(text.to_owned())
}

fn evidence(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or(text.strip_prefix("http://"));
    match rest {
        Some(rest)
            if !rest.is_empty() && text.chars().count() <= EVIDENCE_CHARS && !text.contains(char::is_whitespace) =>
        {
            Ok(text.to_owned())
        }
        _ => Err(format!(
            "evidence is an http:// or https:// address of at most {EVIDENCE_CHARS} characters, without spaces"
        )),
    }
}

fn per_week(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "it is a whole number from 1".to_owned())
}
