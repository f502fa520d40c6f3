//! How well somebody else's program is contained, and how much it may use.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How well a program is contained; a lower number is better. The tiers are described in [`sandbox`](crate::sandbox).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum SandboxTier {
    /// Nested bubblewrap with a control group for each test.
    ControlGroups,
    /// Nested bubblewrap with a watchdog on memory.
    Watchdog,
    /// Landlock.
    Landlock,
    /// A process group.
    ProcessGroup,
}

impl SandboxTier {
    /// 1 to 4.
    pub fn number(self) -> u8 {
        match self {
            SandboxTier::ControlGroups => 1,
            SandboxTier::Watchdog => 2,
            SandboxTier::Landlock => 3,
            SandboxTier::ProcessGroup => 4,
        }
    }

    /// Whether somebody else's submission may be graded in it without further questions.
    pub fn contains_strangers(self) -> bool {
        self <= SandboxTier::Watchdog
    }

    /// Whether it is made of bubblewrap.
    pub fn has_namespaces(self) -> bool {
        self <= SandboxTier::Watchdog
    }
}

impl fmt::Display for SandboxTier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let made_of = match self {
            SandboxTier::ControlGroups => "bubblewrap, seccomp, rlimits, control groups",
            SandboxTier::Watchdog => "bubblewrap, seccomp, rlimits, a watchdog on memory",
            SandboxTier::Landlock => "Landlock, seccomp, rlimits",
            SandboxTier::ProcessGroup => "a process group, no sandbox",
        };
        write!(formatter, "tier {} ({made_of})", self.number())
    }
}

impl From<SandboxTier> for u8 {
    fn from(tier: SandboxTier) -> u8 {
        tier.number()
    }
}

impl TryFrom<u8> for SandboxTier {
    type Error = String;

    fn try_from(number: u8) -> Result<SandboxTier, String> {
        match number {
            1 => Ok(SandboxTier::ControlGroups),
            2 => Ok(SandboxTier::Watchdog),
            3 => Ok(SandboxTier::Landlock),
            4 => Ok(SandboxTier::ProcessGroup),
            _ => Err(format!("there is no sandbox tier {number}")),
        }
    }
}

/// What one test, with the program that it talks to, may use. Sizes are in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Memory of all processes of a test together, shared memory not counted.
    pub memory: u64,
    /// Files that a test and its program write, all together.
    pub files: u64,
    /// Addresses that one process may reserve.
    pub address_space: u64,
    /// One file that the program writes.
    pub file: u64,
    /// Processes and threads of the program.
    pub processes: u64,
    /// Files and sockets that one process may have open.
    pub open_files: u64,
    /// Seconds that the compiler may take for a day.
    pub compile_seconds: u64,
}

impl Default for Limits {
    /// Several times what the reference solutions need.
    fn default() -> Limits {
        Limits {
            memory: 1536 << 20,
            files: 1 << 30,
            address_space: 16 << 30,
            file: 512 << 20,
            processes: 1024,
            open_files: 8192,
            compile_seconds: 180,
        }
    }
}

/// What was found out about a tier on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The tier.
    pub tier: SandboxTier,
    /// None when it works; otherwise what is missing, and the command or setting that repairs it.
    pub missing: Option<String>,
}
