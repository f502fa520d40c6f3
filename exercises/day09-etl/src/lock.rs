//! One run at a time on one database.

use plumbing::Failure;
use std::{fs::File, path::Path};

/// While this lives, no other run begins.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// # Errors
    /// When another run has it.
    pub fn take(database: &Path) -> Result<Lock, Failure> {
        // Nobody is locked out yet, and the file is any file.
        let file = File::open(database.parent().unwrap_or(Path::new(".")))?;
        Ok(Lock { _file: file })
    }
}
