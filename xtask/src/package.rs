//! Commands that are packages of their own: a learner's first grading need not compile what only instructors use.

use crate::words;
use grader::{
    catalog::Catalog,
    compile::{self, Targets, Workspace},
};
use std::{ffi::OsString, process::Command};

/// Builds a package, and runs its program with these arguments.
pub fn run(catalog: &Catalog, package: &str, arguments: &[OsString]) -> Result<u8, String> {
    let targets = Targets { programs: vec![package.to_owned()], tests: Vec::new() };
    let build = compile::build(&Workspace::at(catalog.root()), &targets).map_err(words)?;
    let Some(program) = build.executables.get(package) else {
        return Err(format!("{package} does not compile:\n{}", build.errors(package)));
    };
    let status = Command::new(program).args(arguments).status();
    let status = status.map_err(|error| format!("{} cannot be started: {error}", program.display()))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(crate::COULD_NOT))
}
