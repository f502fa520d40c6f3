//! The folder with the migrations: files that are called `VERSION_DESCRIPTION.sql`, or `.up.sql` and `.down.sql`.

use plumbing::Failure;
use sha2::{Digest, Sha384};
use std::{collections::BTreeMap, fs, io, path::Path};

/// How a file begins that must not run inside a transaction.
const NO_TRANSACTION: &str = "-- no-transaction";

/// A version of the schema: how to get there and, where somebody wrote it down, how to get back.
#[derive(Debug)]
pub struct Migration {
    pub version: i64,
    /// The description in the file's name, with spaces for underscores.
    pub description: String,
    pub up: Script,
    pub down: Option<Script>,
}

/// One file.
#[derive(Debug)]
pub struct Script {
    file: String,
    pub sql: String,
}

impl Script {
    /// The SHA-384 of every byte of the file.
    pub fn checksum(&self) -> Vec<u8> {
        Sha384::digest(&self.sql).to_vec()
    }

    /// Whether the file runs outside of a transaction: it begins with `-- no-transaction`.
    pub fn stands_alone(&self) -> bool {
        self.sql.starts_with(NO_TRANSACTION)
    }
}

/// The parts of a file's name.
struct Name<'a> {
    version: i64,
    description: &'a str,
    is_down: bool,
}

/// All migrations in the folder, by version.
///
/// # Errors
/// When a file cannot be read, has no number, or two files want to be the same version.
pub fn read(folder: &Path) -> Result<Vec<Migration>, Failure> {
    let cannot_read = |error: io::Error| Failure::new(format!("cannot read the folder {}: {error}", folder.display()));
    let mut found = BTreeMap::<i64, (String, Option<Script>, Option<Script>)>::new();
    for entry in fs::read_dir(folder).map_err(cannot_read)? {
        let path = entry.map_err(cannot_read)?.path();
        // Follows a link, as sqlx does.
        if !path.is_file() {
            continue;
        }
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(name) = parse(&file)? else { continue };
        let sql = fs::read_to_string(&path).map_err(|error| Failure::new(format!("cannot read {file}: {error}")))?;

        let (description, up, down) = found.entry(name.version).or_default();
        let place = if name.is_down {
            down
        } else {
            *description = name.description.replace('_', " ");
            up
        };
        if let Some(other) = place {
            let version = name.version;
            return Err(Failure::new(format!("{} and {file} are both version {version}: rename one", other.file)));
        }
        *place = Some(Script { file, sql });
    }

    let complete = found.into_iter().map(|(version, (description, up, down))| match (up, down) {
        (Some(up), down) => Ok(Migration { version, description, up, down }),
        (None, Some(down)) => {
            Err(Failure::new(format!("{} has no file that leads up to version {version}", down.file)))
        }
        (None, None) => unreachable!("an entry is made for a file"),
    });
    complete.collect()
}

/// Takes a name apart; none for a file that is no migration.
fn parse(file: &str) -> Result<Option<Name<'_>>, Failure> {
    let Some((version, rest)) = file.split_once('_') else { return Ok(None) };
    let Some(description) = rest.strip_suffix(".sql") else { return Ok(None) };
    let Ok(version) = version.parse() else {
        return Err(Failure::new(format!("{file} does not begin with a number: a version is a whole number from 1")));
    };
    if version < 1 {
        return Err(Failure::new(format!("{file}: a version is a whole number from 1")));
    }
    let (description, is_down) = match description.strip_suffix(".down") {
        Some(description) => (description, true),
        None => (description.strip_suffix(".up").unwrap_or(description), false),
    };
    Ok(Some(Name { version, description, is_down }))
}
