//! Systems other than Linux have tier 4 only: the submission's program runs as whoever runs the grader.

use super::{CompilerView, Finding, Launcher, Limits, SandboxTier, TestView};
use std::{
    ffi::{OsStr, OsString},
    io,
    process::Command,
};
use tempfile::TempDir;

/// A command that is ready to be run, and what goes when it has ended.
#[derive(Debug)]
pub struct Prepared {
    /// The command.
    pub command: Command,
    /// Bytes of memory that a watchdog has to look after: nobody does here.
    pub memory: Option<u64>,
    /// What can be asked after the end of the command, and goes when it is dropped.
    pub rest: Rest,
}

/// What remains of a command that has ended.
#[derive(Debug, Default)]
pub struct Rest {
    _scratch: Option<TempDir>,
}

/// A sandbox of tier 4.
#[derive(Debug)]
pub struct Sandbox {
    limits: Limits,
}

impl Sandbox {
    /// What was found out about each tier.
    pub fn findings(_launcher: &Launcher) -> Vec<Finding> {
        let missing = Some("it needs Linux".to_owned());
        let finding = |tier| Finding { tier, missing: missing.clone() };
        vec![
            finding(SandboxTier::ControlGroups),
            finding(SandboxTier::Watchdog),
            finding(SandboxTier::Landlock),
            Finding { tier: SandboxTier::ProcessGroup, missing: None },
        ]
    }

    /// Tier 4.
    ///
    /// # Errors
    /// When another tier is wanted.
    pub fn new(_launcher: Launcher, limits: Limits, tier: Option<SandboxTier>) -> io::Result<Sandbox> {
        match tier {
            None | Some(SandboxTier::ProcessGroup) => Ok(Sandbox { limits }),
            Some(other) => Err(io::Error::other(format!("{other} needs Linux"))),
        }
    }

    /// How well it contains.
    pub fn tier(&self) -> SandboxTier {
        SandboxTier::ProcessGroup
    }

    /// What a test may use; here nobody enforces it.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// A test with its program.
    ///
    /// # Errors
    /// When there is no room for temporary files.
    pub fn test(&self, view: &TestView<'_>) -> io::Result<Prepared> {
        let scratch = tempfile::tempdir()?;
        let mut command = Command::new(view.executable);
        command.args(view.arguments).current_dir(view.folder);
        for folder in ["TMPDIR", "TMP", "TEMP"] {
            command.env(folder, scratch.path());
        }
        command.env("SUBMISSION_PROGRAM", view.program).env_remove("SUBMISSION_ADDRESS");
        command.envs(view.environment.iter().map(|(name, value)| (*name, value)));
        Ok(Prepared { command, memory: None, rest: Rest { _scratch: Some(scratch) } })
    }

    /// The compiler.
    ///
    /// # Errors
    /// None here.
    pub fn compiler(
        &self,
        view: &CompilerView<'_>,
        command: impl FnOnce(&CompilerView<'_>) -> (Vec<OsString>, Vec<(String, String)>),
    ) -> io::Result<Prepared> {
        let (words, environment) = command(view);
        let mut command = Command::new(words.first().map_or(OsStr::new(""), OsString::as_os_str));
        command.args(words.iter().skip(1)).current_dir(view.course).envs(environment);
        Ok(Prepared { command, memory: None, rest: Rest::default() })
    }
}

impl Rest {
    /// A fault of the sandbox itself.
    pub fn fault(&self) -> Option<String> {
        None
    }

    /// Whether the kernel stopped something because of its memory.
    pub fn ran_out_of_memory(&self) -> bool {
        false
    }
}

/// Whether the grader runs as root and starts everything as another user.
pub fn sheds_root() -> bool {
    false
}
