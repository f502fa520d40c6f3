//! `cargo xtask cohort`: builds the package that grades whole rosters, and becomes it.

use crate::package;
use std::ffi::OsString;

/// Grade everybody on a roster, in shards, fill gradebooks, and report; see `cohort --help`
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// What `cohort` takes: grade, merge, status, regrade, export, report
    #[arg(value_name = "ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Builds the package, and runs it with the same arguments.
pub fn run(args: &Args) -> Result<u8, String> {
    package::run(&crate::catalog()?, "xtask-cohort", &args.arguments)
}
