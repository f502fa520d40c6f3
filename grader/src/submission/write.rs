//! Onto the clean tree: the course's own files with the submitted ones in their places.

use super::select::SubmittedFile;
use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
};

/// Writes the files of one exercise into `folder`, which must be new: what exists is never overwritten.
///
/// The stub's own editable files are not there unless the submission has them: a learner who deleted a module did so.
pub fn write(files: &BTreeMap<String, SubmittedFile>, folder: &Path) -> io::Result<()> {
    for (path, SubmittedFile(bytes)) in files {
        let target = folder.join(path);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        OpenOptions::new().write(true).create_new(true).open(&target)?.write_all(bytes)?;
    }
    Ok(())
}
