//! `cargo xtask watch`: builds the package that has the terminal library, and becomes it.

use crate::package;
use std::{ffi::OsString, process::Command};

/// Run a day's tests each time you save, and show the first failure in full
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// The day, --go-on, --plain; --help says more
    #[arg(value_name = "ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Runs it to its end.
pub fn run(args: &Args) -> Result<u8, String> {
    let catalog = crate::catalog()?;
    eprintln!("preparing the watch");
    let mut command = Command::new(package::program(&catalog, "xtask-watch")?);
    command.args(&args.arguments);
    crate::become_it(command)
}
