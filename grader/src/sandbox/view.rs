//! What is put into a sandbox.

use std::path::{Path, PathBuf};

/// The command that is the sandbox's launcher, `sandbox::launcher::main` on Linux.
#[derive(Debug, Clone)]
pub struct Launcher {
    /// The executable.
    pub executable: PathBuf,
    /// Arguments that come before the launcher's own.
    pub arguments: Vec<String>,
}

/// What a test needs.
#[derive(Debug)]
pub struct TestView<'a> {
    /// The test executable.
    pub executable: &'a Path,
    /// Its arguments.
    pub arguments: &'a [&'a str],
    /// The folder of its package, where it runs.
    pub folder: &'a Path,
    /// The program under test.
    pub program: &'a Path,
    /// Variables of the contract with the harness, but for `SUBMISSION_PROGRAM`.
    pub environment: &'a [(&'a str, String)],
}

/// What the compiler needs to compile one day.
#[derive(Debug)]
pub struct CompilerView<'a> {
    /// The folder of the toolchain.
    pub sysroot: &'a Path,
    /// The compiled dependencies.
    pub libraries: &'a Path,
    /// A tree of the course with the learner's files in it.
    pub course: &'a Path,
    /// Where the program goes.
    pub output: &'a Path,
}
