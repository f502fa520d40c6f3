//! Every accepted command, in the order of its acceptance. What happened follows from it, so it is all that is stored.

use crate::{engine::Engine, order::Terms};
use jiff::Timestamp;
use plumbing::Failure;
use serde::{Deserialize, Serialize};
use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
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

    let mut engine = Engine::default();
    let (mut number, mut bytes) = (0, 0);
    let mut reader = BufReader::new(&mut file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line).map_err(|error| failed(&error))?;
        // A line without an end was being written when the program was killed, and was never acknowledged.
        if !line.ends_with(b"\n") {
            break;
        }
        number += 1;
        let damaged = |why: &dyn std::fmt::Display| {
            failed(&format!("line {number} is damaged ({why}); put a backup in its place, or move it away"))
        };
        let entry: Entry = serde_json::from_slice(&line).map_err(|error| damaged(&error))?;
        if entry.number != number {
            return Err(damaged(&format!("it is entry {}", entry.number)));
        }
        match entry.command {
            Command::Accept(terms) => drop(engine.accept(terms, entry.at)),
            Command::Cancel(id) => drop(engine.cancel(id).map_err(|_| damaged(&"it cancels what is not open"))?),
        }
        bytes += read as u64;
    }
    if !line.is_empty() && number == 0 && !line.starts_with(b"{") {
        return Err(failed(&"this is no journal; put a backup in its place, or move it away"));
    }
    // What comes next must not be appended to half a line.
    file.set_len(bytes).map_err(|error| failed(&error))?;
    let journal = Journal { file, next: number + 1, unwritten: Vec::new() };
    Ok((engine, journal))
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
        if self.unwritten.is_empty() {
            return Ok(());
        }
        self.file.write_all(&self.unwritten)?;
        self.unwritten.clear();
        self.file.sync_data()
    }
}
