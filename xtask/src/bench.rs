//! `cargo xtask bench`: builds the package that measures speed, and becomes it.

use crate::package;
use std::ffi::OsString;

/// Measure speed, as ratios within one run; see `bench --help`
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// What `bench` takes: what to measure, and how often
    #[arg(value_name = "ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Builds the package, and runs it with the same arguments.
pub fn run(args: &Args) -> Result<u8, String> {
    package::run(&crate::catalog()?, "xtask-bench", &args.arguments)
}
