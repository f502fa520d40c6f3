//! Every accepted command, in the order of its acceptance. What happened follows from it, so it is all that is stored.

use crate::{engine::Engine, order::Terms};
use jiff::Timestamp;
use plumbing::Failure;
use serde::{Deserialize, Serialize};
use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader},
    path::Path,
};

/// A line of the journal. The time is part of it: a replay must not look at the clock.
#[derive(Debug, Serialize, Deserialize)]
pub struct Entry {
    /// 1, 2, 3 …: a line that is missing is noticed.
    number: u64,
    at: Timestamp,
    command: Command,
}

/// What changes the market.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Command {
    Accept(Terms),
    Cancel(u64),
}

#[derive(Debug)]
pub struct Journal {
    file: File,
    /// The number of the next entry.
    next: u64,
    unwritten: Vec<u8>,
}

/// The engine after everything in the journal, and the journal to go on with.
///
/// # Errors
/// When the journal cannot be read, or is damaged. It stays as it is then.
pub fn open(folder: &Path) -> Result<(Engine, Journal), Failure> {
    let path = folder.join("journal.ndjson");
    let failed = |error: &dyn std::fmt::Display| Failure::new(format!("{}: {error}", path.display()));
    let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
    let mut file = file.map_err(|error| failed(&error))?;

    let mut first = String::new();
    BufReader::new(&mut file).read_line(&mut first).map_err(|error| failed(&error))?;
    if !first.is_empty() {
        let entry: Entry = serde_json::from_str(&first).map_err(|error| failed(&error))?;
        todo!("replay {:?} of {}, entry {}, and all that follow", entry.command, entry.at, entry.number);
    }
    let journal = Journal { file, next: 1, unwritten: Vec::new() };
    Ok((Engine::default(), journal))
}

impl Journal {
    /// Takes an entry, to be written with the others of its batch.
    pub fn append(&mut self, at: Timestamp, command: Command) -> io::Result<()> {
        serde_json::to_writer(&mut self.unwritten, &Entry { number: self.next, at, command })?;
        self.unwritten.push(b'\n');
        self.next += 1;
        Ok(())
    }

    /// Writes everything, and returns when it is on disk.
    pub fn sync(&mut self) -> io::Result<()> {
        let bytes = self.unwritten.len();
        todo!("write {bytes} bytes to {:?}, and wait until they are on disk", self.file)
    }
}
