//! Backups of a learner's files of one day, numbered, below `.thirty/backups`.

use super::{Files, put};
use crate::error::GradeError;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The backups of one day.
#[derive(Debug, Clone)]
pub struct Backups {
    folder: PathBuf,
}

/// One backup: a folder of files, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The folder.
    pub folder: PathBuf,
}

impl Backups {
    /// The backups of a day in the course at `root`.
    pub fn of(root: &Path, day: &str) -> Backups {
        Backups { folder: root.join(".thirty").join("backups").join(day) }
    }

    /// Copies files into a new backup. When this returns, they are on disk; before that the backup does not have its name.
    ///
    /// # Errors
    /// When there is no room for it. Nothing is left of it then.
    pub fn keep(&self, files: &Files) -> Result<Backup, GradeError> {
        if let Some(latest) = self.latest()?.filter(|latest| latest.files().is_ok_and(|kept| kept == *files)) {
            return Ok(latest);
        }
        fs::create_dir_all(&self.folder).map_err(GradeError::writing(&self.folder))?;
        let unfinished = tempfile::Builder::new().prefix(".unfinished-").tempdir_in(&self.folder);
        let unfinished = unfinished.map_err(GradeError::writing(&self.folder))?;
        for (path, bytes) in files {
            put(unfinished.path(), path, bytes)?;
        }
        let folder = self.folder.join(format!("{:04}", self.numbers()?.last().map_or(1, |last| last + 1)));
        fs::rename(unfinished.path(), &folder).map_err(GradeError::writing(&folder))?;
        // It has another name now, so there is nothing to remove.
        let _ = unfinished.keep();
        Ok(Backup { folder })
    }

    /// The latest backup, if there is one.
    ///
    /// # Errors
    /// When the folder of backups cannot be read.
    pub fn latest(&self) -> Result<Option<Backup>, GradeError> {
        let last = self.numbers()?.last().copied();
        Ok(last.map(|last| Backup { folder: self.folder.join(format!("{last:04}")) }))
    }

    fn numbers(&self) -> Result<Vec<u32>, GradeError> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(GradeError::reading(&self.folder))?,
        };
        let mut numbers: Vec<u32> =
            entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }
}

impl Backup {
    /// The files in it.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn files(&self) -> Result<Files, GradeError> {
        let mut files = Files::new();
        for entry in walkdir::WalkDir::new(&self.folder) {
            let entry = entry.map_err(|error| GradeError::reading(&self.folder)(error.into()))?;
            if let (true, Ok(inside)) = (entry.file_type().is_file(), entry.path().strip_prefix(&self.folder)) {
                let parts: Vec<_> = inside.components().map(|part| part.as_os_str().to_string_lossy()).collect();
                files.insert(parts.join("/"), fs::read(entry.path()).map_err(GradeError::reading(entry.path()))?);
            }
        }
        Ok(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(text: &str) -> Files {
        Files::from([("src/main.rs".to_owned(), text.into()), ("src/deep/er.rs".to_owned(), b"x".to_vec())])
    }

    #[test]
    fn each_state_is_kept_once_and_the_latest_is_found() {
        let root = tempfile::tempdir().unwrap();
        let backups = Backups::of(root.path(), "day01-a");
        assert_eq!(backups.latest().unwrap(), None);
        let first = backups.keep(&files("one")).unwrap();
        assert_eq!(backups.keep(&files("one")).unwrap(), first);
        let second = backups.keep(&files("two")).unwrap();
        assert_ne!(first, second);
        assert_eq!(backups.latest().unwrap(), Some(second.clone()));
        assert_eq!((first.files().unwrap(), second.files().unwrap()), (files("one"), files("two")));
    }

    #[test]
    fn what_was_not_finished_is_no_backup() {
        let root = tempfile::tempdir().unwrap();
        let backups = Backups::of(root.path(), "day01-a");
        fs::create_dir_all(root.path().join(".thirty/backups/day01-a/.unfinished-x/src")).unwrap();
        assert_eq!(backups.latest().unwrap(), None);
        assert!(backups.keep(&files("one")).unwrap().folder.ends_with("0001"));
    }
}
