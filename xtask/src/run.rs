//! `cargo xtask run`: builds a day's program as `grade` does, and becomes it. `cargo run -p` would compile its dependencies
//! once more, with fewer features.

use crate::words;
use grader::compile::{self, Targets, Workspace};
use std::{
    ffi::OsString,
    io::{IsTerminal, stderr},
    process::Command,
};

/// Build a day's program and run it, with the arguments after --
#[derive(Debug, clap::Args)]
pub struct Args {
    /// 3, day03 or day03-notes-api
    day: String,
    /// What the program gets
    #[arg(value_name = "ARGUMENT", last = true)]
    arguments: Vec<OsString>,
}

/// Builds and runs. Standard output is the program's alone.
pub fn run(args: &Args) -> Result<u8, String> {
    let catalog = crate::catalog()?;
    let exercises = catalog.select(std::slice::from_ref(&args.day)).map_err(words)?;
    let Some(exercise) = exercises.first() else { return Err(format!("there is no day {}", args.day)) };
    let is_watched = stderr().is_terminal();
    if is_watched {
        eprintln!("compiling {}", exercise.id);
    }
    let workspace = Workspace { colour: is_watched, ..Workspace::at(catalog.root()) };
    let targets = Targets { programs: vec![exercise.id.clone()], tests: Vec::new() };
    let build = compile::build(&workspace, &targets).map_err(words)?;
    for warning in build.warnings(&exercise.id) {
        eprintln!("{}", warning.trim_end());
    }
    let Some(program) = build.executables.get(&exercise.id) else {
        eprintln!("{}", build.errors(&exercise.id).trim_end());
        return Ok(1);
    };
    let mut command = Command::new(program);
    command.args(&args.arguments);
    crate::become_it(command)
}
