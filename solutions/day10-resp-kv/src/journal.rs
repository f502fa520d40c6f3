//! The append-only file: everything that ever happened to the data, as RESP requests, the newest at the end.
//!
//! What one request changed is one write: bare when it is one effect, between MULTI and EXEC when there are several. A
//! kill can cut the last write short, so [`Journal::open`] drops an incomplete end, however much of a transaction it
//! leaves behind, and shortens the file, or the next write would be glued to the fragment. Damage anywhere else was not
//! done by a kill, and is not ours to repair.

use crate::{
    keyspace::{Effect, Keyspace},
    resp::{encode_request, take_request},
};
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
            eprintln!("{}: dropped {} bytes of an unfinished last write", path.display(), bytes.len() - whole);
            file.set_len(whole as u64).and_then(|()| file.sync_data()).map_err(unusable)?;
        }
        Ok((Journal { file, pending: Vec::new() }, keyspace))
    }

    /// Notes what one request changed. It is stored by the next commit.
    pub fn append(&mut self, effects: &[Effect]) {
        let several = effects.len() > 1;
        if several {
            encode_request(&[b"MULTI".to_vec()], &mut self.pending);
        }
        for effect in effects {
            encode_request(&effect.to_request(), &mut self.pending);
        }
        if several {
            encode_request(&[b"EXEC".to_vec()], &mut self.pending);
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
        let stored = self.file.write_all(&self.pending).and_then(|()| self.file.sync_data());
        stored.map_err(|error| Failure::new(format!("the journal cannot be written, so nothing can be: {error}")))?;
        self.pending.clear();
        Ok(())
    }
}

/// Applies every complete write, and returns where these end, or the offset of what no journal of ours holds.
fn replay(bytes: &[u8], keyspace: &mut Keyspace) -> Result<usize, usize> {
    let (mut position, mut whole) = (0, 0);
    let mut transaction: Option<Vec<Effect>> = None;
    while let Some((request, length)) = take_request(&bytes[position..]).map_err(|_| position)? {
        match (request.as_slice(), &mut transaction) {
            ([word], None) if word == b"MULTI" => transaction = Some(Vec::new()),
            ([word], Some(effects)) if word == b"EXEC" => {
                effects.drain(..).for_each(|effect| keyspace.replay(effect));
                transaction = None;
            }
            (request, transaction) => {
                let effect = Effect::from_request(request).ok_or(position)?;
                match transaction {
                    Some(effects) => effects.push(effect),
                    None => keyspace.replay(effect),
                }
            }
        }
        position += length;
        if transaction.is_none() {
            whole = position;
        }
    }
    Ok(whole)
}
