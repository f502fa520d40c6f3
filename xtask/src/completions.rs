//! `cargo xtask completions`: what a shell completes.

use clap::CommandFactory;
use clap_complete::{Shell, generate};

/// Print completions for your shell, for the short form `xtask` of `cargo xtask`
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints a script that defines `xtask` and completes it. cargo's own completions know nothing of an alias.
pub fn run(args: &Args) -> u8 {
    let mut script = Vec::new();
    generate(args.shell, &mut crate::Args::command().bin_name("xtask"), "xtask", &mut script);
    let short = match args.shell {
        Shell::Bash | Shell::Zsh => "xtask() { cargo xtask \"$@\"; }\n",
        Shell::Fish => "function xtask; cargo xtask $argv; end\n",
        Shell::PowerShell => "function xtask { cargo xtask @args }\n",
        Shell::Elvish => "fn xtask {|@arguments| cargo xtask $@arguments }\n",
        _ => "",
    };
    // `using namespace` must come first in PowerShell and `use` in Elvish.
    crate::grade::print(&format!("{}\n{short}", String::from_utf8_lossy(&script)));
    0
}
