//! What makes a hand-out of a course: a manifest beside the exercises. A hand-out has the exercises, their visible tests
//! and the grader; solutions and hidden tests stay in the course. `cargo xtask handout` makes it.

use crate::{error::GradeError, receipt};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// The manifest's name, in the root of a hand-out.
pub const MANIFEST: &str = "handout.toml";

/// Where a hand-out keeps the stubs as they were given out, a folder for each day. `cargo xtask reset` takes them from there.
pub const STUBS: &str = ".handout/stubs";

/// The version of the manifest.
pub const VERSION: u32 = 1;

/// What a hand-out was made from, and of which files it consists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`VERSION`].
    pub version: u32,
    /// The commit of the course, with `-modified` when files of it were changed.
    pub course: String,
    /// The exercises.
    pub days: Vec<String>,
    /// SHA-256 of each file that was handed out, by path, with `/` on every system.
    pub files: BTreeMap<String, String>,
}

/// Whether the folder is a hand-out.
pub fn is_handout(root: &Path) -> bool {
    root.join(MANIFEST).is_file()
}

/// Where the stub of a day is kept in the hand-out at `root`.
pub fn stub(root: &Path, day: &str) -> PathBuf {
    STUBS.split('/').fold(root.to_owned(), |path, part| path.join(part)).join(day)
}

/// The hash of a file that was handed out. Line ends count as one kind: Git may convert them on the way to the disk.
pub fn hash(bytes: &[u8]) -> String {
    let mut unix = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\r\n") {
            Some(text) => unix.extend_from_slice(&[text, b"\n"].concat()),
            None => unix.extend_from_slice(line),
        }
    }
    receipt::hash(&unix)
}

impl Manifest {
    /// The manifest of the hand-out at `root`; none when it is no hand-out.
    ///
    /// # Errors
    /// When it cannot be read, or is of another version.
    pub fn read(root: &Path) -> Result<Option<Manifest>, GradeError> {
        let path = root.join(MANIFEST);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(GradeError::reading(&path))?,
        };
        match Manifest::parse(&text) {
            Ok(manifest) => Ok(Some(manifest)),
            Err(fault) => Err(GradeError::Metadata { path, fault }),
        }
    }

    /// Reads the text of a manifest.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Manifest, String> {
        let manifest: Manifest = toml::from_str(text).map_err(|error| error.to_string())?;
        match manifest.version {
            VERSION => Ok(manifest),
            other => Err(format!("its version is {other}, and this course reads version {VERSION}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_knows_content_but_not_line_ends() {
        assert_eq!(hash(b"a\r\nb\r\n"), hash(b"a\nb\n"));
        assert_ne!(hash(b"a\nb\n"), hash(b"a\nb"));
        assert_ne!(hash(b"a\rb"), hash(b"a\nb"));
    }

    #[test]
    fn a_manifest_of_another_version_is_not_guessed_at() {
        let manifest = Manifest { version: VERSION, course: "c".to_owned(), days: Vec::new(), files: BTreeMap::new() };
        let text = toml::to_string(&manifest).unwrap();
        assert_eq!(Manifest::parse(&text), Ok(manifest));
        assert!(Manifest::parse(&text.replace("version = 1", "version = 2")).unwrap_err().contains("version is 2"));
    }
}
