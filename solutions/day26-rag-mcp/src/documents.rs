//! Which files are documents, and what passages they are cut into. All that reads the folder goes through here.

use std::{
    io,
    path::{Component, Path, PathBuf},
};
use walkdir::{DirEntry, WalkDir};

/// Longer runs of lines are cut, so that a passage stays about one thing.
const LONGEST: usize = 20;

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
        let walk = WalkDir::new(&self.root).min_depth(1).sort_by_file_name().into_iter();
        // Links are not followed, so the walk stays below the root.
        let entries =
            walk.filter_entry(|entry| is_visible(entry.file_name().to_str())).filter_map(|entry| match entry {
                Ok(entry) => Some(entry),
                Err(error) => {
                    eprintln!("warning: {error}");
                    None
                }
            });
        let mut paths: Vec<String> = entries.filter_map(|entry| self.path_of(&entry)).collect();
        paths.sort();
        paths
    }

    fn path_of(&self, entry: &DirEntry) -> Option<String> {
        if !entry.file_type().is_file() {
            return None;
        }
        let below = entry.path().strip_prefix(&self.root).ok()?;
        let names: Option<Vec<&str>> = below.iter().map(|name| name.to_str()).collect();
        Some(names?.join("/")).filter(|path| has_ending(path))
    }

    /// The text of the document at `path`, or none when there is no such document. Whether something else is at that
    /// path makes no difference.
    pub fn read(&self, path: &str) -> Option<String> {
        String::from_utf8(self.bytes(path)?).ok()
    }

    /// Its bytes.
    pub fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        std::fs::read(self.locate(path)?).ok()
    }

    /// The path is gone down name by name: each has to be a plain one, and nothing on the way a link.
    fn locate(&self, path: &str) -> Option<PathBuf> {
        let mut file = self.root.clone();
        let mut is_file = false;
        for name in path.split('/') {
            let mut parts = Path::new(name).components();
            let is_plain = matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None));
            if !is_plain || !is_visible(Some(name)) {
                return None;
            }
            file.push(name);
            let metadata = file.symlink_metadata().ok().filter(|metadata| !metadata.is_symlink())?;
            is_file = metadata.is_file();
        }
        (is_file && has_ending(path)).then_some(file)
    }
}

/// Names that begin with a dot are nobody's business: `.env`, `.git`, and `..` as well.
fn is_visible(name: Option<&str>) -> bool {
    name.is_some_and(|name| !name.starts_with('.'))
}

fn has_ending(path: &str) -> bool {
    path.ends_with(".md") || path.ends_with(".txt")
}

/// Cuts a text at blank lines.
pub fn passages(text: &str) -> Vec<Passage> {
    let lines: Vec<&str> = text.lines().collect();
    let mut passages = Vec::new();
    let mut first_line = 1;
    for run in lines.split(|line| line.trim().is_empty()) {
        for (number, part) in run.chunks(LONGEST).enumerate() {
            let first_line = first_line + number * LONGEST;
            passages.push(Passage { first_line, last_line: first_line + part.len() - 1, text: part.join("\n") });
        }
        // The blank line after the run.
        first_line += run.len() + 1;
    }
    passages
}
