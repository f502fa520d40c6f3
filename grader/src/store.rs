//! Keeps reports below `.thirty` in the course, where Git does not see them.

use crate::{error::GradeError, report::Report};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

/// The reports of a checkout.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// The store of the course at `root`. Nothing is made before something is kept.
    pub fn of(root: &Path) -> Store {
        Store { folder: root.join(".thirty") }
    }

    /// Keeps the report of the latest run.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, report: &Report) -> Result<PathBuf, GradeError> {
        fs::create_dir_all(&self.folder).map_err(GradeError::writing(&self.folder))?;
        let path = self.folder.join("report.json");
        write(&path, crate::render::json(report).as_bytes())?;
        Ok(path)
    }
}

/// Writes a whole file or nothing: to a temporary file beside it, which then takes its name.
///
/// # Errors
/// When it cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), GradeError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(GradeError::writing(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_replaces_the_one_before() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::of(root.path());
        for seed in [1, 2] {
            let path = store.keep(&Report::new("stubs".to_owned(), seed, false, Vec::new())).unwrap();
            let kept: Report = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            assert_eq!(kept.seed, seed);
        }
        assert_eq!(fs::read_dir(root.path().join(".thirty")).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_written_is_named() {
        let error = write(Path::new("/nowhere/report.json"), b"").unwrap_err();
        assert!(error.to_string().contains("/nowhere/report.json"), "{error}");
    }
}
