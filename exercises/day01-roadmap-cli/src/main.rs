//! A career roadmap: skills, what each of them needs, and in which order to learn them.

mod args;
mod roadmap;
mod store;

use args::{Args, Command};
use clap::Parser;
use roadmap::Roadmap;
use std::{error::Error, io, process::ExitCode};
use store::Store;

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let store = Store::new(&args.data_dir);
    match &args.command {
        Command::Add { id, needs } => store.update(|roadmap| roadmap.add(id, needs))?,
        Command::Done { id, evidence } => store.update(|roadmap| roadmap.done(id, evidence))?,
        Command::Next => {
            let roadmap = store.load()?;
            let lines: Vec<_> = roadmap.next().into_iter().map(|id| format!("{id}\n")).collect();
            print(lines.concat())?;
        }
        Command::Plan { per_week } => print(plan(&store.load()?, *per_week))?,
        Command::List { json: true } => print(serde_json::to_string_pretty(&store.load()?.list())? + "\n")?,
        Command::List { json: false } => print(table(&store.load()?))?,
    }
    Ok(())
}

/// One line a week: `week 1: git, rust`.
fn plan(roadmap: &Roadmap, per_week: usize) -> String {
    let order = roadmap.order();
    todo!("weeks of {per_week} skills from {order:?}")
}

/// One line a skill: `[x] git  https://…`, `[ ] http  needs git, rust` or `[ ] rust`.
fn table(roadmap: &Roadmap) -> String {
    let list = roadmap.list();
    todo!("a line for each of {list:?}")
}

/// Writes to standard output. What does `println!` do when the reader has gone?
fn print(text: String) -> io::Result<()> {
    todo!("write {text:?}")
}
