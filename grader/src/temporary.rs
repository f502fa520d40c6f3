//! Temporary folders that do not outlive the grader, not even one that was killed: the next run removes them.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// A folder that everybody can enter and only we can write to.
#[derive(Debug)]
pub struct Temporary {
    folder: TempDir,
    /// Locked as long as this process lives: whoever gets the lock knows that the folder is nobody's any more.
    _lock: File,
}

impl Temporary {
    /// Makes one, and removes those whose owners are dead.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn new(purpose: &str) -> io::Result<Temporary> {
        let parent = parent()?;
        // One at a time: a folder whose lock is not yet taken must not look abandoned.
        let turn = File::create(parent.join(LOCK))?;
        turn.lock()?;
        remove_abandoned(&parent);
        let folder = tempfile::Builder::new().prefix(&format!("{purpose}-")).tempdir_in(&parent)?;
        let lock = File::create(folder.path().join(LOCK))?;
        lock.lock()?;
        open_to_all(folder.path())?;
        Ok(Temporary { folder, _lock: lock })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

const LOCK: &str = "in-use";

/// The folder of all temporary folders of this user.
fn parent() -> io::Result<PathBuf> {
    let parent = std::env::temp_dir().join(format!("thirty-backends-{}", user()));
    match fs::create_dir(&parent) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    // Somebody else could have made it first, or put a link in its place.
    let metadata = fs::symlink_metadata(&parent)?;
    if !metadata.is_dir() || !is_ours(&metadata) {
        return Err(io::Error::other(format!("{} belongs to somebody else; remove it", parent.display())));
    }
    open_to_all(&parent)?;
    Ok(parent)
}

fn remove_abandoned(parent: &Path) {
    for folder in fs::read_dir(parent).into_iter().flatten().flatten().map(|entry| entry.path()) {
        // A folder without a lock file is being made at this moment, or is half removed.
        let Ok(lock) = File::open(folder.join(LOCK)) else { continue };
        if lock.try_lock().is_ok() {
            // It fails when another grader is doing the same.
            let _ = fs::remove_dir_all(&folder);
        }
    }
}

#[cfg(unix)]
fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(unix)]
fn is_ours(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(metadata) == user()
}

#[cfg(unix)]
fn open_to_all(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o755))
}

#[cfg(not(unix))]
fn user() -> u32 {
    // The temporary folder is the user's own.
    0
}

#[cfg(not(unix))]
fn is_ours(_metadata: &fs::Metadata) -> bool {
    true
}

#[cfg(not(unix))]
fn open_to_all(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_grader_left_is_removed_and_what_lives_stays() {
        let alive = Temporary::new("alive").unwrap();
        let abandoned = alive.path().parent().unwrap().join(format!("dead-{}", std::process::id()));
        fs::create_dir(&abandoned).unwrap();
        fs::write(abandoned.join(LOCK), "").unwrap();
        let _next = Temporary::new("next").unwrap();
        assert!(!abandoned.exists());
        assert!(alive.path().exists());
    }
}
