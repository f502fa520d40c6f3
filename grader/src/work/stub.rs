//! The stub of a day as the course gave it out, found in the history of the checkout, or in a hand-out's own copy.
//!
//! The course records a hash of every stub in `exercises/stubs.toml`. The newest commit whose files have that hash has the
//! stub, whatever was committed after it, so nothing has to be fetched and no second copy has to be kept.

use super::Files;
use crate::{error::GradeError, exercise::Exercise, handout, receipt};
use globset::GlobSet;
use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The recorded hashes of all stubs, by day.
#[derive(Debug, Clone)]
pub struct Stubs {
    root: PathBuf,
    hashes: BTreeMap<String, String>,
}

/// The hash of a stub's files. Line ends count as one kind: Git may convert them on the way to the disk.
pub fn hash_of_stub(files: &Files) -> String {
    let mut text = String::new();
    for (path, bytes) in files {
        let unix: Vec<u8> = bytes.split(|byte| *byte == b'\n').flat_map(without_return).collect();
        text.push_str(&format!("{path} {}\n", receipt::hash(&unix)));
    }
    receipt::hash(text.as_bytes())
}

fn without_return(line: &[u8]) -> impl Iterator<Item = u8> + '_ {
    line.strip_suffix(b"\r").unwrap_or(line).iter().copied().chain([b'\n'])
}

impl Stubs {
    /// Reads the hashes of the course at `root`; a course that records none has none.
    ///
    /// # Errors
    /// When the file cannot be read or understood.
    pub fn of(root: &Path) -> Result<Stubs, GradeError> {
        let path = path(root);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text.map_err(GradeError::reading(&path))?,
        };
        let hashes = toml::from_str(&text).map_err(|error| GradeError::Metadata { path, fault: error.to_string() })?;
        Ok(Stubs { root: root.to_owned(), hashes })
    }

    /// The recorded hash of a day's stub.
    pub fn hash(&self, day: &str) -> Option<&str> {
        self.hashes.get(day).map(String::as_str)
    }

    /// Records the hash of a day's stub.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn record(&mut self, day: &str, hash: String) -> Result<(), GradeError> {
        self.hashes.insert(day.to_owned(), hash);
        let lines = self.hashes.iter().map(|(day, hash)| format!("{day} = \"{hash}\"\n"));
        let text = format!("{HEAD}{}", lines.collect::<String>());
        crate::store::write(&path(&self.root), text.as_bytes())
    }

    /// The stub of an exercise, whose editable files match `globs`.
    ///
    /// # Errors
    /// When neither the history of the checkout nor a hand-out's own copy has it.
    pub fn find(&self, exercise: &Exercise, globs: &GlobSet) -> Result<Files, GradeError> {
        let missing = |why: &str| GradeError::NoStub { day: exercise.id.clone(), why: why.to_owned() };
        let hash = self.hash(&exercise.id).ok_or_else(|| missing("exercises/stubs.toml does not record it"))?;
        if handout::is_handout(&self.root) {
            let copy = super::Work { folder: handout::stub(&self.root, &exercise.id), globs: globs.clone() };
            let files = copy.files()?;
            return match hash_of_stub(&files) == hash {
                true => Ok(files),
                false => Err(missing(&format!("{}/{} was changed", handout::STUBS, exercise.id))),
            };
        }
        let folder = format!("exercises/{}", exercise.id);
        let commits = self.git(&["log", "--format=%H", "--", &folder]).map_err(|why| missing(&why))?;
        for commit in String::from_utf8_lossy(&commits).lines() {
            // A commit that removed the folder has nothing to pack.
            let Ok(archive) = self.git(&["archive", "--format=tar", commit, &folder]) else { continue };
            let files = unpack(&archive, &folder, globs).map_err(|error| missing(&error.to_string()))?;
            if hash_of_stub(&files) == hash {
                return Ok(files);
            }
        }
        Err(missing("no commit of this checkout has it"))
    }

    fn git(&self, arguments: &[&str]) -> Result<Vec<u8>, String> {
        let output = Command::new("git").current_dir(&self.root).args(arguments).stdin(Stdio::null()).output();
        let output = output.map_err(|error| format!("git cannot be started: {error}"))?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
        }
    }
}

const HEAD: &str = "# A hash of each stub, by which `cargo xtask reset` finds it in the history. Recorded by `cargo xtask check \
                    --record-stubs`.\n";

fn path(root: &Path) -> PathBuf {
    root.join("exercises").join("stubs.toml")
}

fn unpack(archive: &[u8], folder: &str, globs: &GlobSet) -> io::Result<Files> {
    let mut files = Files::new();
    for entry in tar::Archive::new(archive).entries()? {
        let mut entry = entry?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let inside = path.strip_prefix(folder).and_then(|path| path.strip_prefix('/'));
        let Some(inside) = inside.filter(|path| globs.is_match(path) && entry.header().entry_type().is_file()) else {
            continue;
        };
        let inside = inside.to_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        files.insert(inside, bytes);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_knows_names_and_content_but_not_line_ends() {
        let files = |path: &str, text: &str| Files::from([(path.to_owned(), text.as_bytes().to_vec())]);
        let hash = hash_of_stub(&files("src/main.rs", "a\nb\n"));
        assert_eq!(hash_of_stub(&files("src/main.rs", "a\r\nb\r\n")), hash);
        assert_ne!(hash_of_stub(&files("src/lib.rs", "a\nb\n")), hash);
        assert_ne!(hash_of_stub(&files("src/main.rs", "a\nc\n")), hash);
        assert_ne!(hash_of_stub(&Files::new()), hash);
    }
}
