//! The commands: what to do is decided by the history, and done by the database, one migration after another.

use crate::{
    args::Command,
    database::Database,
    history::{self, History},
    one_line,
    source::{self, Migration, Script},
};
use plumbing::Failure;
use std::fmt::Display;

/// Carries out one command.
///
/// # Errors
/// What could not be done, and how the database was left.
pub async fn run<D: Database>(command: &Command, database: &mut D) -> Result<(), Failure> {
    let source = source::read(&command.common().source)?;
    match *command {
        Command::Up { to, dry_run, .. } => {
            database.lock().await?;
            database.create_table().await?;
            let history = History::new(&source, database.records().await?);
            for migration in history.to_apply(to)? {
                if dry_run {
                    todo!("say that {migration} would be applied; and what of the above does a dry run do?");
                }
                if database.apply(migration).await.map_err(|error| failed(migration, &migration.up, &error))? {
                    print(format_args!("applied {migration}"))?;
                }
            }
        }
        Command::Down { to, dry_run, .. } => {
            database.lock().await?;
            let history = History::new(&source, database.records().await?);
            for (migration, script) in history.to_revert(to)? {
                if dry_run {
                    todo!("say that {migration} would be reverted");
                }
                if database.revert(migration, script).await.map_err(|error| failed(migration, script, &error))? {
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
            todo!("print {wrong:?}, and fail with {:?} if there are any", history::list(&wrong))
        }
    }
    Ok(())
}

/// What is said of a migration that failed: which, why, and how the database was left.
fn failed(migration: &Migration, script: &Script, error: &sqlx::Error) -> Failure {
    let reason = one_line(error);
    todo!("say that {migration} failed with {reason}, and whether anything of {script:?} has stayed")
}

/// Prints a line. What does `println!` do when the reader has gone?
fn print(line: impl Display) -> Result<(), Failure> {
    todo!("print {line}")
}
