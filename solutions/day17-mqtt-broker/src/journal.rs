//! The changes on the disk, the newest at the end. Each line is a JSON array: what one packet changed, which is there as
//! a whole or not at all.
//!
//! A kill can cut the last line short: that costs this line and nothing else, and nobody was told of it yet. Damage
//! anywhere else was not done by a kill, and is not ours to repair.

use crate::session::{Change, State};
use plumbing::Failure;
use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

#[derive(Debug)]
pub struct Journal {
    file: File,
    /// Appended and not yet committed.
    pending: Vec<u8>,
}

impl Journal {
    /// Opens the journal, made if it is not there, and returns it with the state that it tells of.
    ///
    /// # Errors
    /// When the file cannot be used, is in use by another process, or is damaged elsewhere than at its end.
    pub fn open(path: &Path) -> Result<(Journal, State), Failure> {
        let unusable = |error: io::Error| Failure::new(format!("cannot use the journal {}: {error}", path.display()));
        let mut file = File::options().create(true).read(true).append(true).open(path).map_err(unusable)?;
        if file.try_lock().is_err() {
            return Err(Failure::new(format!("{} is in use by another process; stop that one first", path.display())));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(unusable)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let mut state = State::default();
        for (number, line) in bytes[..whole].split_inclusive(|byte| *byte == b'\n').enumerate() {
            let changes: Vec<Change> = serde_json::from_slice(line).map_err(|error| {
                let place = format!("{}, line {}", path.display(), number + 1);
                Failure::new(format!("{place} is damaged: {error}; restore the file from a backup"))
            })?;
            changes.into_iter().for_each(|change| state.apply(change));
        }
        if whole < bytes.len() {
            // What is appended must not be glued to the fragment.
            file.set_len(whole as u64).map_err(unusable)?;
        }
        Ok((Journal { file, pending: Vec::new() }, state))
    }

    /// Notes what one packet changed. It is stored by the next commit.
    ///
    /// # Errors
    /// When it cannot be written as JSON, which is a defect of the program.
    pub fn append(&mut self, changes: &[Change]) -> Result<(), Failure> {
        if !changes.is_empty() {
            serde_json::to_writer(&mut self.pending, changes)?;
            self.pending.push(b'\n');
        }
        Ok(())
    }

    /// Stores what was appended. Only after this may a client hear of it: the write itself outlives a killed process,
    /// and the sync a power failure.
    ///
    /// # Errors
    /// When the disk does not take it. Then nobody knows how much of it is there, so the program must not go on.
    pub fn commit(&mut self) -> Result<(), Failure> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let stored = self.file.write_all(&self.pending).and_then(|()| self.file.sync_data());
        self.pending.clear();
        stored.map_err(|error| Failure::new(format!("the journal cannot be written: {error}; is the disk full?")))
    }
}
