//! A career roadmap: skills, what each of them needs, and in which order to learn them.

mod args;
mod roadmap;
mod store;

use args::{Args, Command};
use clap::Parser;
use roadmap::Roadmap;
use std::{
    error::Error,
    io::{self, ErrorKind, Write},
    process::ExitCode,
};
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
    let weeks = order.chunks(per_week).enumerate();
    weeks.map(|(number, skills)| format!("week {}: {}\n", number + 1, skills.join(", "))).collect()
}

/// One line a skill: whether it is done, its id, and what it needs or what shows it.
fn table(roadmap: &Roadmap) -> String {
    let line = |skill: roadmap::Listed<'_>| match skill.evidence {
        Some(evidence) => format!("[x] {}  {evidence}\n", skill.id),
        None if skill.needs.is_empty() => format!("[ ] {}\n", skill.id),
        None => format!("[ ] {}  needs {}\n", skill.id, skill.needs.iter().cloned().collect::<Vec<_>>().join(", ")),
    };
    roadmap.list().into_iter().map(line).collect()
}

/// Writes to standard output. A reader that has seen enough and left, as `head` does, is no error of ours; `println!`
/// would panic.
fn print(text: String) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(io::Error::other(format!("cannot write to standard output: {error}"))),
        Ok(()) => Ok(()),
    }
}
