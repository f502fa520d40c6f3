//! The folder with the migrations: files that are called `VERSION_DESCRIPTION.sql`, or `.up.sql` and `.down.sql`.

use plumbing::Failure;
use std::path::Path;

/// A version of the schema: how to get there and, where somebody wrote it down, how to get back.
#[derive(Debug)]
pub struct Migration {
    pub version: i64,
    /// The description in the file's name, with spaces for underscores.
    pub description: String,
    pub up: Script,
    pub down: Option<Script>,
}

/// One file. For your messages you may want its name as well.
#[derive(Debug)]
pub struct Script {
    pub sql: String,
}

impl Script {
    /// The SHA-384 of every byte of the file.
    pub fn checksum(&self) -> Vec<u8> {
        todo!("the SHA-384 of {:?}; sha2::Sha384::digest makes it", self.sql)
    }

    /// Whether the file runs outside of a transaction: it begins with `-- no-transaction`.
    pub fn stands_alone(&self) -> bool {
        todo!("how does {:?} begin?", self.sql)
    }
}

/// All migrations in the folder, by version.
///
/// # Errors
/// When a file cannot be read, has no number, or two files want to be the same version.
pub fn read(folder: &Path) -> Result<Vec<Migration>, Failure> {
    todo!("find the migrations in {}", folder.display())
}
