//! Onto the clean tree: the course's own files with the submitted ones in their places.

use super::select::{Editable, SubmittedFile};
use crate::exercise::Exercise;
use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
};
use walkdir::WalkDir;

/// What no program is compiled from.
const LEFT_OUT: [&str; 3] = ["tests", "target", "exercise.toml"];

/// Lays out one exercise in the new folder `tree`: the course's own files from `stub`, and where a learner edits the
/// submitted `files`, or without them the stub's.
///
/// A file of the stub that a learner may edit and that the submission does not have is not there: who deleted a module
/// did so.
///
/// # Errors
/// When a file cannot be read or written, or the exercise's globs are not sound.
pub fn lay_out(
    stub: &Path,
    exercise: &Exercise,
    files: Option<&BTreeMap<String, SubmittedFile>>,
    tree: &Path,
) -> io::Result<()> {
    let editable = Editable::of(exercise).map_err(io::Error::other)?;
    let walk = WalkDir::new(stub).into_iter();
    let wanted =
        |entry: &walkdir::DirEntry| entry.depth() != 1 || !LEFT_OUT.contains(&&*entry.file_name().to_string_lossy());
    for entry in walk.filter_entry(wanted) {
        let entry = entry?;
        let Ok(path) = entry.path().strip_prefix(stub) else { continue };
        let is_learners = editable.globs.is_match(path) && files.is_some();
        if entry.file_type().is_file() && !is_learners {
            write(tree, path, &fs::read(entry.path())?)?;
        }
    }
    for (path, SubmittedFile(bytes)) in files.into_iter().flatten() {
        write(tree, Path::new(path), bytes)?;
    }
    Ok(())
}

/// Writes a new file; what exists is never overwritten.
fn write(tree: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = tree.join(path);
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent)?;
    }
    OpenOptions::new().write(true).create_new(true).open(&target)?.write_all(bytes)
}
