//! What can be wrong with a database at the start, in one line that says what to do.

use plumbing::Failure;
use sqlx::migrate::MigrateError;
use std::path::{Path, PathBuf};

/// SQLite's result codes (<https://www.sqlite.org/rescode.html>) are in the lowest byte; the others tell details.
const BUSY: i32 = 5;
const CORRUPT: i32 = 11;
const NOT_A_DATABASE: i32 = 26;

fn result_code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

/// Whether it may work in a moment.
pub fn is_busy(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::PoolTimedOut) || result_code(error) == Some(BUSY)
}

/// SQLite takes an empty file for a new database. That is right after a crash in the moment of its making, but not when
/// a log stands beside it: then the file had content once, and SQLite would throw away the log as well.
pub fn refuse_lost_content(file: &Path) -> Result<(), Failure> {
    let size = |path: &Path| path.metadata().map_or(0, |metadata| metadata.len());
    if file.exists() && size(file) == 0 && size(&log_of(file)) > 0 {
        return Err(damaged(file, "it is empty, but its log is not"));
    }
    Ok(())
}

/// SQLite's write-ahead log of this file.
fn log_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// SQLite's own words, where it said something.
fn reason(error: &sqlx::Error) -> String {
    error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

pub fn cannot_open(file: &Path, error: &sqlx::Error) -> Failure {
    match result_code(error) {
        Some(CORRUPT | NOT_A_DATABASE) => damaged(file, reason(error)),
        Some(BUSY) => Failure::new(format!("{} is in use by another program; end that one first", file.display())),
        _ => Failure::new(format!(
            "cannot open {}: {}; look whether you may read and write there, and whether the disk is full",
            file.display(),
            reason(error)
        )),
    }
}

pub fn damaged(file: &Path, damage: impl std::fmt::Display) -> Failure {
    Failure::new(format!(
        "{} is damaged ({}); put a backup in its place, or move it and its -wal file away to begin with nothing",
        file.display(),
        damage.to_string().replace('\n', "; ")
    ))
}

pub fn cannot_migrate(file: &Path, error: &MigrateError) -> Failure {
    let name = file.display();
    Failure::new(match error {
        MigrateError::VersionMismatch(version) => format!(
            "migration {version} is not the one that {name} was made with; put it back as it was and make the change in a \
             new migration, or, if its data may go, delete {name}"
        ),
        MigrateError::VersionMissing(version) => format!(
            "{name} was made with migration {version}, which this program does not have; start the newer program"
        ),
        _ => format!("the tables in {name} cannot be brought up to date: {}", error.to_string().replace('\n', "; ")),
    })
}
