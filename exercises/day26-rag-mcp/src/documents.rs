//! Which files are documents, and what passages they are cut into. All that reads the folder goes through here.

use std::{
    io,
    path::{Path, PathBuf},
};

/// The folder of documents.
#[derive(Debug, Clone)]
pub struct Documents {
    root: PathBuf,
}

/// What is found by a search: some lines of a document that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Counted from 1.
    pub first_line: usize,
    pub last_line: usize,
    /// The lines with `\n` between them.
    pub text: String,
}

impl Documents {
    /// # Errors
    /// When `root` is no folder.
    pub fn open(root: &Path) -> io::Result<Documents> {
        let root = root.canonicalize()?;
        root.read_dir()?;
        Ok(Documents { root })
    }

    /// The paths of all documents, sorted. What cannot be read is passed over, with a word in the log.
    pub fn all(&self) -> Vec<String> {
        todo!("walk through {}", self.root.display())
    }

    /// The text of the document at `path`, or none when there is no such document. Whether something else is at that
    /// path makes no difference.
    pub fn read(&self, path: &str) -> Option<String> {
        todo!("read {path} in {}, if it is a document", self.root.display())
    }
}

/// Cuts a text at blank lines.
pub fn passages(text: &str) -> Vec<Passage> {
    todo!("cut at blank lines, and count the lines: {text}")
}
