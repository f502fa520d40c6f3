//! The write-ahead log: every change on the disk, before anybody is told of it. A record is framed like this:
//!
//! ```text
//! length of the payload    CRC-32 of the length    CRC-32 of the payload    payload
//! 4 bytes, little-endian   4 bytes                 4 bytes                  a `wal.Record`
//! ```
//!
//! A kill can cut the last record short: that costs this record and nothing else, and nobody was told of it yet. Damage
//! anywhere else was not done by a kill, and is not ours to repair. The length has a checksum of its own, so that a
//! damaged one does not look like a record that was cut short.

use crate::proto::wal::Record;
use crc::{CRC_32_ISO_HDLC, Crc};
use plumbing::Failure;
use prost::Message;
use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);
const HEAD: usize = 12;

#[derive(Debug)]
pub struct Wal {
    file: File,
    /// Appended and not yet committed.
    pending: Vec<u8>,
}

impl Wal {
    /// Opens the log, made if it is not there, and hands every whole record to `replay`, the oldest first.
    ///
    /// # Errors
    /// When the file cannot be used, is in use by another process, or is damaged elsewhere than at its end.
    pub fn open(path: &Path, mut replay: impl FnMut(Record)) -> Result<Wal, Failure> {
        let unusable = |error: io::Error| Failure::new(format!("cannot use the log {}: {error}", path.display()));
        let mut file = File::options().create(true).read(true).append(true).open(path).map_err(unusable)?;
        if file.try_lock().is_err() {
            return Err(Failure::new(format!("{} is in use by another process; stop that one first", path.display())));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(unusable)?;
        let mut whole = 0;
        while let Some((record, length)) = take_record(&bytes[whole..]).map_err(|Damaged| damaged(path, whole))? {
            replay(record);
            whole += length;
        }
        if whole < bytes.len() {
            // What is appended must not be glued to the fragment.
            file.set_len(whole as u64).map_err(unusable)?;
        }
        Ok(Wal { file, pending: Vec::new() })
    }

    /// Notes a change. It is stored by the next commit.
    pub fn append(&mut self, record: &Record) {
        put_record(&mut self.pending, record);
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
        stored.map_err(|error| Failure::new(format!("the log cannot be written: {error}; is the disk full?")))
    }
}

fn damaged(path: &Path, place: usize) -> Failure {
    Failure::new(format!("{} is damaged at byte {place}; restore the file from a backup", path.display()))
}

/// Something that no kill leaves behind.
#[derive(Debug)]
struct Damaged;

fn put_record(bytes: &mut Vec<u8>, record: &Record) {
    let payload = record.encode_to_vec();
    // A request has at most 1.5 MiB, and a lease's keys fit the memory that they came from.
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes();
    bytes.extend(length);
    bytes.extend(CRC.checksum(&length).to_le_bytes());
    bytes.extend(CRC.checksum(&payload).to_le_bytes());
    bytes.extend(payload);
}

/// The first record, and the length of its frame. None at the end, also where the last record was cut short.
fn take_record(bytes: &[u8]) -> Result<Option<(Record, usize)>, Damaged> {
    let Some((head, rest)) = bytes.split_at_checked(HEAD) else { return Ok(None) };
    let word = |place: usize| u32::from_le_bytes([head[place], head[place + 1], head[place + 2], head[place + 3]]);
    if CRC.checksum(&head[..4]) != word(4) {
        return Err(Damaged);
    }
    let length = usize::try_from(word(0)).map_err(|_| Damaged)?;
    let Some(payload) = rest.get(..length) else { return Ok(None) };
    if CRC.checksum(payload) != word(8) {
        return Err(Damaged);
    }
    let record = Record::decode(payload).map_err(|_| Damaged)?;
    Ok(Some((record, HEAD + length)))
}
