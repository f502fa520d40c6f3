//! `cargo xtask cohort`: builds the package that grades whole rosters, and becomes it.

use crate::words;
use grader::compile::{self, Targets, Workspace};
use std::{ffi::OsString, process::Command};

/// Grade everybody on a roster, in shards, and fill gradebooks; see `cohort --help`
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// What `cohort` takes: grade, merge, status, regrade, export
    #[arg(value_name = "ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

const PACKAGE: &str = "xtask-cohort";
/// The exit status of the package, too, when another try may help.
const TRY_AGAIN: u8 = 75;

/// Builds the package, and runs it with the same arguments.
pub fn run(args: &Args) -> Result<u8, String> {
    let catalog = crate::catalog()?;
    let targets = Targets { programs: vec![PACKAGE.to_owned()], tests: Vec::new() };
    let build = compile::build(&Workspace::at(catalog.root()), &targets).map_err(words)?;
    let Some(program) = build.executables.get(PACKAGE) else {
        return Err(format!("{PACKAGE} does not compile:\n{}", build.errors(PACKAGE)));
    };
    let status = Command::new(program).args(&args.arguments).status();
    let status = status.map_err(|error| format!("{} cannot be started: {error}", program.display()))?;
    match status.code() {
        Some(code) => Ok(u8::try_from(code).unwrap_or(crate::COULD_NOT)),
        // Killed, as by the kernel for want of memory. Whoever started a shard must not take that for a fault of the course.
        None => {
            eprintln!("error: the grading was killed ({status}); the same command goes on where it was");
            Ok(TRY_AGAIN)
        }
    }
}
