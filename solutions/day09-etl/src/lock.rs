//! One run at a time on one database.

use plumbing::Failure;
use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

/// While this lives, no other run begins.
#[derive(Debug)]
pub struct Lock {
    /// The lock is on the open file, not on its name: when the process ends, however that happens, the system closes the
    /// file, and the lock is gone. The file itself stays and means nothing.
    _file: File,
}

impl Lock {
    /// # Errors
    /// When another run has it.
    pub fn take(database: &Path) -> Result<Lock, Failure> {
        let mut name = database.as_os_str().to_owned();
        name.push(".lock");
        let path = PathBuf::from(name);
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|error| Failure::new(format!("cannot open {}: {error}", path.display())))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => {
                Err(Failure::new(format!("another run is working on {}; wait for its end", database.display())))
            }
            Err(TryLockError::Error(error)) => Err(Failure::new(format!("cannot lock {}: {error}", path.display()))),
        }
    }
}
