//! A learner's own files of one day: the only place where the grader writes to what a learner wrote. Nothing is lost
//! there: before a file is replaced, all files of the day are in a backup, complete and on disk.

mod backup;
mod stub;

pub use backup::{Backup, Backups};
pub use stub::{Stubs, hash_of_stub};

use crate::{catalog::Catalog, error::GradeError, exercise::Exercise, store, submission::Editable};
use globset::GlobSet;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Files by path within the exercise, with `/` on every system.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The files of one exercise that a learner edits.
#[derive(Debug, Clone)]
pub struct Work {
    folder: PathBuf,
    globs: GlobSet,
}

impl Work {
    /// The learner's files of an exercise.
    ///
    /// # Errors
    /// When the exercise's globs are none.
    pub fn of(catalog: &Catalog, exercise: &Exercise) -> Result<Work, GradeError> {
        let folder = catalog.root().join("exercises").join(&exercise.id);
        let fault = |fault| GradeError::Metadata { path: folder.join("exercise.toml"), fault };
        let Editable { globs, .. } = Editable::of(exercise).map_err(fault)?;
        Ok(Work { folder, globs })
    }

    /// The files of another folder, as that of the reference solution, which match the same globs.
    ///
    /// # Errors
    /// As [`Work::files`].
    pub fn like_in(&self, folder: &Path) -> Result<Files, GradeError> {
        Work { folder: folder.to_owned(), globs: self.globs.clone() }.files()
    }

    /// Reads them.
    ///
    /// # Errors
    /// When one cannot be read, or is a link: what it points to is not ours to copy or to replace.
    pub fn files(&self) -> Result<Files, GradeError> {
        let mut files = Files::new();
        // The compiler's output and the like can be large, and nothing of it is anybody's work.
        let walk = walkdir::WalkDir::new(&self.folder).into_iter();
        for entry in walk.filter_entry(|entry| entry.depth() != 1 || entry.file_name() != "target") {
            let entry = entry.map_err(|error| GradeError::reading(&self.folder)(error.into()))?;
            let Some(path) = self.inside(entry.path()).filter(|path| self.globs.is_match(path)) else { continue };
            if entry.file_type().is_symlink() {
                let reason = std::io::Error::other("it is a symbolic link; put a file in its place");
                return Err(GradeError::reading(entry.path())(reason));
            }
            if entry.file_type().is_file() {
                files.insert(path, fs::read(entry.path()).map_err(GradeError::reading(entry.path()))?);
            }
        }
        Ok(files)
    }

    /// The stub of the exercise, as the course gave it out.
    ///
    /// # Errors
    /// When the history of the checkout does not have it.
    pub fn stub(&self, catalog: &Catalog, exercise: &Exercise) -> Result<Files, GradeError> {
        Stubs::of(catalog.root())?.find(exercise, &self.globs)
    }

    /// Puts other files in their place. Each is replaced at once and whole; those that have no counterpart are removed
    /// last.
    ///
    /// # Errors
    /// When one cannot be written. Some are replaced then, and others are not.
    pub fn replace(&self, files: &Files) -> Result<(), GradeError> {
        let before = self.files()?;
        for (path, bytes) in files {
            if before.get(path) != Some(bytes) {
                put(&self.folder, path, bytes)?;
            }
        }
        for path in before.keys().filter(|path| !files.contains_key(*path)) {
            let path = self.folder.join(path);
            fs::remove_file(&path).map_err(GradeError::writing(&path))?;
            // A folder that it leaves empty goes too; one that is not empty stays.
            if let Some(folder) = path.parent() {
                let _ = fs::remove_dir(folder);
            }
        }
        Ok(())
    }

    /// The path within the exercise.
    fn inside(&self, path: &Path) -> Option<String> {
        let parts = path.strip_prefix(&self.folder).ok()?.components();
        let parts: Vec<_> = parts.map(|part| part.as_os_str().to_string_lossy()).collect();
        Some(parts.join("/"))
    }
}

/// Writes one file below a folder.
fn put(folder: &Path, path: &str, bytes: &[u8]) -> Result<(), GradeError> {
    let path = folder.join(path);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(GradeError::writing(parent))?;
    }
    store::write(&path, bytes)
}
