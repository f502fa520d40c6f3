//! The commands: what to do is decided by the history, and done by the database, one migration after another.

use crate::{
    args::Command,
    database::Database,
    history::{self, History},
    one_line,
    source::{self, Migration, Script},
};
use plumbing::Failure;
use std::{
    fmt::Display,
    io::{self, ErrorKind, Write},
};

/// Carries out one command.
///
/// # Errors
/// What could not be done, and how the database was left.
pub async fn run<D: Database>(command: &Command, database: &mut D) -> Result<(), Failure> {
    let source = source::read(&command.common().source)?;
    match *command {
        Command::Up { to, dry_run, .. } => {
            check_version(&source, to.filter(|to| *to > 0))?;
            if !dry_run {
                database.lock().await?;
                database.create_table().await?;
            }
            let history = History::new(&source, database.records().await?);
            for migration in history.to_apply(to)? {
                if dry_run {
                    print(format_args!("would apply {migration}"))?;
                } else if database.apply(migration).await.map_err(|error| failed(migration, &migration.up, &error))? {
                    print(format_args!("applied {migration}"))?;
                }
            }
        }
        Command::Down { to, dry_run, .. } => {
            check_version(&source, to.filter(|to| *to > 0))?;
            if !dry_run {
                database.lock().await?;
            }
            let history = History::new(&source, database.records().await?);
            for (migration, script) in history.to_revert(to)? {
                if dry_run {
                    print(format_args!("would revert {migration}"))?;
                } else if database.revert(migration, script).await.map_err(|error| failed(migration, script, &error))? {
                    print(format_args!("reverted {migration}"))?;
                }
            }
        }
        Command::Status { .. } => {
            for entry in History::new(&source, database.records().await?).entries() {
                print(entry)?;
            }
        }
        Command::Verify { .. } => {
            let history = History::new(&source, database.records().await?);
            let wrong = history.wrong();
            for entry in &wrong {
                print(entry)?;
            }
            if !wrong.is_empty() {
                return Err(Failure::new(format!("files and database do not agree: {}", history::list(&wrong))));
            }
        }
    }
    Ok(())
}

/// A version that no file has is a slip of the pen.
fn check_version(source: &[Migration], to: Option<i64>) -> Result<(), Failure> {
    match to {
        Some(to) if source.iter().all(|migration| migration.version != to) => {
            Err(Failure::new(format!("no file has the version {to}")))
        }
        _ => Ok(()),
    }
}

fn failed(migration: &Migration, script: &Script, error: &sqlx::Error) -> Failure {
    let left = if script.stands_alone() {
        "it runs without a transaction, so what it did before the error has stayed"
    } else {
        "nothing of it has stayed"
    };
    Failure::new(format!("migration {migration} failed: {}; {left}", one_line(error)))
}

/// Prints a line. A reader of standard output that has gone is no reason to stop between two migrations.
fn print(line: impl Display) -> Result<(), Failure> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}
