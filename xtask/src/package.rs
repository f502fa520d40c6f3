//! Commands that are packages of their own: a learner's first grading need not compile a terminal library, a site generator,
//! or what only instructors use.

use crate::words;
use grader::{
    catalog::Catalog,
    compile::{self, Targets, Workspace},
};
use std::{ffi::OsString, path::PathBuf, process::Command};

/// The exit status when another try may help, as cohorts have it.
const TRY_AGAIN: u8 = 75;

/// Builds a package; where its program is.
pub fn program(catalog: &Catalog, package: &str) -> Result<PathBuf, String> {
    let targets = Targets { programs: vec![package.to_owned()], tests: Vec::new() };
    let mut build = compile::build(&Workspace::at(catalog.root()), &targets).map_err(words)?;
    build.executables.remove(package).ok_or_else(|| format!("{package} does not compile:\n{}", build.errors(package)))
}

/// Builds a package, and runs its program with these arguments.
pub fn run(catalog: &Catalog, package: &str, arguments: &[OsString]) -> Result<u8, String> {
    let program = program(catalog, package)?;
    let status = Command::new(&program).args(arguments).status();
    let status = status.map_err(|error| format!("{} cannot be started: {error}", program.display()))?;
    match status.code() {
        Some(code) => Ok(u8::try_from(code).unwrap_or(crate::COULD_NOT)),
        // As by the kernel, for want of memory. Whoever started a shard of a cohort must not take it for the course's fault.
        None => {
            eprintln!("error: {package} was killed ({status}); the same command goes on where it was");
            Ok(TRY_AGAIN)
        }
    }
}
