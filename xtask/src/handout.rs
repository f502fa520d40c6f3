//! `cargo xtask handout`: builds the package that makes hand-outs, and becomes it.

use crate::package;
use grader::catalog::Catalog;
use std::ffi::OsString;

/// Make a repository for learners, without solutions and hidden tests; see `handout --help`
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// What `handout` takes: --out DIR, --days DAYS
    #[arg(value_name = "ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Builds the package, and runs it with the same arguments.
pub fn run(args: &Args) -> Result<u8, String> {
    package::run(&crate::catalog()?, "xtask-handout", &args.arguments)
}

/// Says that a command is not for hand-outs, in one.
pub fn expect_course(command: &str) -> Result<(), String> {
    // A folder that is no course is named by the command itself.
    let folder = std::env::current_dir().unwrap_or_default();
    match Catalog::find(&folder) {
        Ok(catalog) if catalog.is_handout() => Err(format!(
            "this is a hand-out: `{command}` needs solutions or hidden tests, which the course's repository has"
        )),
        _ => Ok(()),
    }
}
