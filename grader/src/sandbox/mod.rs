//! What somebody else's program may see and do.
//!
//! ```text
//! grader ──► outer sandbox ──► trusted test ──► supervisor ──► inner sandbox ──► the submission's program
//!            no network but     executable       (launcher)     own processes,
//!            its own loopback                                   one writable folder
//! ```
//!
//! The test and the program share a network of their own, which reaches nothing else. The program does not see the
//! test's process, its executable, or any file but the system's libraries, itself, and the folder for the test's data.
//! The compiler runs in a sandbox of its own, with the learner's files, the dependencies and the toolchain, all read
//! only.
//!
//! | tier | made of |
//! | --- | --- |
//! | 1 | nested bubblewrap, seccomp, rlimits, and a control group for each test |
//! | 2 | the same, with a watchdog on memory instead of control groups |
//! | 3 | Landlock, seccomp and rlimits: files are protected, the network and other processes are not |
//! | 4 | a process group: one's own code on one's own machine |
//!
//! Somebody else's submission is graded in tier 1 or 2, unless the caller insists.

mod view;

#[cfg(target_os = "linux")]
mod bubblewrap;
#[cfg(target_os = "linux")]
mod cgroup;
#[cfg(target_os = "linux")]
mod confined;
#[cfg(target_os = "linux")]
pub mod launcher;
#[cfg(target_os = "linux")]
mod probe;
#[cfg(target_os = "linux")]
mod public;
#[cfg(target_os = "linux")]
mod seccomp;
#[cfg(target_os = "linux")]
mod supervisor;

pub use crate::containment::{Finding, Limits, SandboxTier};
pub use view::{CompilerView, Launcher, TestView};

/// Where things are inside the sandbox.
#[cfg(target_os = "linux")]
const PROGRAM: &str = "/course/program";
#[cfg(target_os = "linux")]
const LAUNCHER: &str = "/course/launcher";
#[cfg(target_os = "linux")]
const FAULTS: &str = "/course/faults";
#[cfg(target_os = "linux")]
const KEPT: &str = "/course/kept";
/// Above the folder that a test shares with its program, in memory, and gone with the test.
#[cfg(target_os = "linux")]
const PRIVATE: &str = "/tmp";

/// Tells tests of a folder for what they make once for all of them, as a new PostgreSQL.
pub(crate) const KEPT_VARIABLE: &str = "HARNESS_KEPT";

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::{Prepared, Rest, Sandbox, sheds_root};

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(not(target_os = "linux"))]
pub use elsewhere::{Prepared, Rest, Sandbox, sheds_root};
