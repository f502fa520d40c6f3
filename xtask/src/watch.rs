//! `cargo xtask watch`: builds the package that has the terminal library, and becomes it.

use crate::words;
use grader::compile::{self, Targets, Workspace};
use std::{ffi::OsString, process::Command};

/// Run a day's tests each time you save, and show the first failure in full
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// The day, --go-on, --plain; --help says more
    #[arg(value_name = "ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

const PACKAGE: &str = "xtask-watch";

/// Runs it to its end.
pub fn run(args: &Args) -> Result<u8, String> {
    let catalog = crate::catalog()?;
    let targets = Targets { programs: vec![PACKAGE.to_owned()], tests: Vec::new() };
    eprintln!("preparing the watch");
    let build = compile::build(&Workspace::at(catalog.root()), &targets).map_err(words)?;
    let program = build.executables.get(PACKAGE);
    let program = program.ok_or_else(|| format!("the watch does not compile:\n{}", build.errors(PACKAGE)))?;
    let mut command = Command::new(program);
    command.args(&args.arguments);
    crate::become_it(command)
}
