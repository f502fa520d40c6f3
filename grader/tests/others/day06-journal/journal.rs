//! Everything that has happened, one JSON object a line. The state is what a reader of all lines knows.

use serde::{Deserialize, Serialize};
use std::{
    fs::{File, OpenOptions},
    io::{self, Error, ErrorKind, Read, Seek, SeekFrom, Write},
    path::Path,
};

/// Something that has happened. Tokens stand here as digests; times are milliseconds since 1970.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Event {
    /// A mail with a token went to somebody.
    Mail { kind: Kind, email: String, digest: String, until: i64 },
    /// A token was used, and an account made.
    Registered { email: String, hash: String, at: i64 },
    /// A token was used, and a password replaced.
    Reset { email: String, hash: String },
    /// A login that failed; the fifth in a row locks the address.
    Failed { email: String, locked_until: i64 },
    /// A login; `ends` is the session that came with it, `step` the step of its code.
    LoggedIn { email: String, digest: String, until: i64, ends: Option<String>, step: Option<i64> },
    /// A session has ended.
    LoggedOut { digest: String },
    /// All sessions of an account have ended.
    LoggedOutEverywhere { email: String },
    /// A secret was offered.
    Offered { email: String, secret: Vec<u8> },
    /// The secret was confirmed by the code of this step.
    Confirmed { email: String, step: i64 },
    /// There was nothing to do, and it took as long as if there had been.
    Nothing,
}

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    Register,
    Reset,
}

/// The file.
pub struct Journal {
    file: File,
    /// Where the last good line ends.
    end: u64,
}

impl Journal {
    /// Opens the file and tells `each` what is in it. A last line without its end was never acknowledged, and goes.
    ///
    /// # Errors
    /// When it cannot be read, or a line is none of ours.
    pub fn open(path: &Path, mut each: impl FnMut(Event)) -> io::Result<Journal> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        for (number, line) in
            bytes[..whole].split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty())
        {
            let event = serde_json::from_slice(line).map_err(|error| {
                let why = format!("{}, line {}: {error}; restore it from a copy", path.display(), number + 1);
                Error::new(ErrorKind::InvalidData, why)
            })?;
            each(event);
        }
        file.set_len(whole as u64)?;
        Ok(Journal { file, end: whole as u64 })
    }

    /// Adds a line; it is on the disk when this returns.
    ///
    /// # Errors
    /// When the disk does not take it. Nothing of it is left then.
    pub fn add(&mut self, event: &Event) -> io::Result<()> {
        let mut line = serde_json::to_vec(event)?;
        line.push(b'\n');
        if let Err(error) = self.file.write_all(&line).and_then(|()| self.file.sync_data()) {
            self.file.set_len(self.end)?;
            self.file.seek(SeekFrom::End(0))?;
            return Err(error);
        }
        self.end += line.len() as u64;
        Ok(())
    }
}
