//! The append-only file: everything that ever happened to the data, as RESP requests, the newest at the end.
//!
//! A kill can cut the last write short: that costs this write and nothing else. Damage anywhere else was not done by a
//! kill, and is not ours to repair.

use crate::{
    keyspace::{Effect, Keyspace},
    resp::{encode_request, take_request},
};
use plumbing::Failure;
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

#[derive(Debug)]
pub struct Journal {
    file: File,
    /// Appended and not yet committed.
    pending: Vec<u8>,
}

impl Journal {
    /// Opens the journal, made if it is not there, and returns it with the data that it tells of.
    ///
    /// # Errors
    /// When the file cannot be used, is in use by another process, or is damaged elsewhere than at its end.
    pub fn open(path: &Path) -> Result<(Journal, Keyspace), Failure> {
        let unusable = |error: io::Error| Failure::new(format!("cannot use the journal {}: {error}", path.display()));
        let mut file = File::options().create(true).read(true).append(true).open(path).map_err(unusable)?;
        if file.try_lock().is_err() {
            return Err(Failure::new(format!("{} is in use by another process; stop that one first", path.display())));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(unusable)?;
        let mut keyspace = Keyspace::default();
        let whole = replay(&bytes, &mut keyspace).map_err(|offset| {
            Failure::new(format!("{} is damaged at byte {offset}; restore it from a backup", path.display()))
        })?;
        if whole < bytes.len() {
            todo!("byte {whole} begins an unfinished last write: what has to happen before the next one is appended?")
        }
        Ok((Journal { file, pending: Vec::new() }, keyspace))
    }

    /// Notes what one request changed. It is stored by the next commit. After a kill, all of it has to be there or none.
    pub fn append(&mut self, effects: &[Effect]) {
        for effect in effects {
            encode_request(&effect.to_request(), &mut self.pending);
        }
    }

    /// Stores what was appended. Only after this may a client hear of it: the write itself outlives a killed process, and
    /// the sync, which costs a thousand times more, a power failure.
    ///
    /// # Errors
    /// When the disk does not take it. Then nobody knows how much of it is there, so the program must not go on.
    pub fn commit(&mut self) -> Result<(), Failure> {
        if self.pending.is_empty() {
            return Ok(());
        }
        todo!("write {} bytes to {:?}, then clear pending", self.pending.len(), self.file)
    }
}

/// Applies every complete write, and returns where these end, or the offset of what no journal of ours holds.
fn replay(bytes: &[u8], keyspace: &mut Keyspace) -> Result<usize, usize> {
    if bytes.is_empty() {
        return Ok(0);
    }
    let first = take_request(bytes).map_err(|_| 0_usize)?.and_then(|(request, _)| Effect::from_request(&request));
    todo!("replay {first:?}, and whatever follows it in {} bytes, in {keyspace:?}", bytes.len())
}
