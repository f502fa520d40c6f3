//! `cargo xtask export`: the course in the form that another platform takes.

mod gradescope;

use clap::Subcommand;

/// Pack the course as an autograder for another platform
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    platform: Platform,
}

#[derive(Debug, Subcommand)]
enum Platform {
    Gradescope(gradescope::GradescopeArgs),
}

/// Packs it.
pub fn run(args: &Args) -> Result<u8, String> {
    match &args.platform {
        Platform::Gradescope(args) => gradescope::run(args),
    }
}
