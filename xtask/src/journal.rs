//! A file of JSON lines that grows by one line for each thing that becomes known, so that a run that is killed has lost
//! nothing of what it knew.

use serde::{Serialize, de::DeserializeOwned};
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// A journal that is open for writing. Nobody else writes to it meanwhile.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
}

/// What is in a journal; nothing, when there is none yet. The line that a kill has cut off is passed over.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, String> {
    let text = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(|error| format!("cannot read {}: {error}", path.display()))?,
    };
    Ok(String::from_utf8_lossy(&text).lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// Takes a folder for this process alone, by a lock file in it, until the file is dropped.
pub fn take(path: &Path) -> Result<File, String> {
    make_folder_of(path)?;
    let file = File::create(path).map_err(|error| format!("cannot write to {}: {error}", path.display()))?;
    lock(&file, path)?;
    Ok(file)
}

fn make_folder_of(path: &Path) -> Result<(), String> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(|error| format!("cannot create {}: {error}", folder.display()))
}

fn lock(file: &File, path: &Path) -> Result<(), String> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            Err(format!("{} is in use: the same command runs already; wait for its end", path.display()))
        }
        Err(TryLockError::Error(error)) => Err(format!("cannot lock {}: {error}", path.display())),
    }
}

impl Journal {
    /// Opens the journal, or makes one together with its folder.
    pub fn open(path: &Path) -> Result<Journal, String> {
        let cannot = |error| format!("cannot write to {}: {error}", path.display());
        make_folder_of(path)?;
        let mut file = OpenOptions::new().create(true).append(true).open(path).map_err(cannot)?;
        lock(&file, path)?;
        let text = fs::read(path).map_err(cannot)?;
        if text.last().is_some_and(|last| *last != b'\n') {
            // The next line must not be glued to one that was cut off.
            file.write_all(b"\n").map_err(cannot)?;
        }
        Ok(Journal { path: path.to_owned(), file })
    }

    /// Adds a line.
    pub fn append(&mut self, entry: &impl Serialize) -> Result<(), String> {
        let cannot = |why: String| format!("cannot write to {}: {why}", self.path.display());
        let mut line = serde_json::to_vec(entry).map_err(|error| cannot(error.to_string()))?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(|error| cannot(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_off_costs_no_other_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/by/open.jsonl");
        assert_eq!(read::<u32>(&path).unwrap(), Vec::<u32>::new());
        Journal::open(&path).unwrap().append(&[1]).unwrap();
        let whole = fs::read(&path).unwrap();
        fs::write(&path, [&whole[..], b"[2"].concat()).unwrap();
        Journal::open(&path).unwrap().append(&[3]).unwrap();
        assert_eq!(read::<[u32; 1]>(&path).unwrap(), [[1], [3]]);
    }

    #[test]
    fn two_do_not_write_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs.jsonl");
        let _first = Journal::open(&path).unwrap();
        assert!(Journal::open(&path).unwrap_err().contains("in use"));
    }
}
