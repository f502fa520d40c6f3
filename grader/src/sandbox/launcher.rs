//! The trusted program between a test and the submission's program. It is the grader's own executable under another
//! command, so that there is nothing to install.
//!
//! ```text
//! LAUNCHER supervise INSTRUCTIONS PROGRAM ARGUMENT…     inner sandbox, tiers 1 and 2
//! LAUNCHER confine   INSTRUCTIONS PROGRAM ARGUMENT…     Landlock, tier 3
//! LAUNCHER limit     INSTRUCTIONS PROGRAM ARGUMENT…     rlimits only: the compiler in its own sandbox
//! ```
//!
//! `INSTRUCTIONS` is JSON.

use super::{confined, supervisor};
use crate::containment::Limits;
use serde::{Deserialize, Serialize};
use std::{ffi::OsString, fs, io, path::PathBuf, process::ExitCode};

/// What the launcher has to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Instructions {
    /// What the program may use.
    pub limits: Limits,
    /// The folder that the program may write to.
    pub writable: PathBuf,
    /// More folders and files that it may read (tier 3 only; elsewhere the sandbox has nothing else).
    #[serde(default)]
    pub readable: Vec<PathBuf>,
}

impl Instructions {
    /// As an argument of the launcher.
    pub fn argument(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The exit status of a launcher that could not do its work.
const COULD_NOT: u8 = 125;

/// Does what `arguments` (without the launcher itself) say.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<_> = arguments.into_iter().collect();
    match run(&arguments) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let message = format!("the sandbox failed: {error}");
            eprintln!("{message}");
            // Read by the grader after the test. There is no such folder outside the outer sandbox.
            let _ = fs::write(supervisor::fault_file(), message);
            ExitCode::from(COULD_NOT)
        }
    }
}

fn run(arguments: &[OsString]) -> io::Result<u8> {
    let usage = || io::Error::other("usage: supervise|confine|limit INSTRUCTIONS PROGRAM ARGUMENT…");
    let [what, instructions, command @ ..] = arguments else { return Err(usage()) };
    let instructions: Instructions = serde_json::from_str(&instructions.to_string_lossy())?;
    if command.is_empty() {
        return Err(usage());
    }
    match what.to_str() {
        Some("supervise") => supervisor::supervise(&instructions, command),
        Some("confine") => confined::run(&instructions, command),
        Some("limit") => confined::run_limited(&instructions, command),
        _ => Err(usage()),
    }
}
