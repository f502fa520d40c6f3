//! What runs print: a file of lines for each, and readers that follow it while it grows.

use crate::mask::Secrets;
use plumbing::Failure;
use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};
use tokio::sync::watch;

/// The most of one line, in bytes.
pub const LONGEST_LINE: usize = 16 * 1024;
/// The most of one log, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// The logs of all runs.
#[derive(Debug, Clone)]
pub struct Logs {
    folder: PathBuf,
    /// Changes whenever there is something new in any log, or a run has come to its end.
    news: watch::Sender<u64>,
}

/// The log of a run that is under way.
#[derive(Debug)]
pub struct Log {
    file: File,
    size: u64,
    /// Nothing more is written; the run goes on.
    is_full: bool,
    secrets: Secrets,
    news: watch::Sender<u64>,
}

/// Reads the lines of one log, once each.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    /// Where the next line begins.
    offset: u64,
}

impl Logs {
    pub fn open(folder: &Path) -> Result<Logs, Failure> {
        std::fs::create_dir_all(folder)
            .map_err(|error| Failure::new(format!("cannot make {}: {error}", folder.display())))?;
        Ok(Logs { folder: folder.to_owned(), news: watch::Sender::new(0) })
    }

    /// An empty log for a run that begins.
    pub fn begin(&self, run: i64, secrets: Secrets) -> io::Result<Log> {
        let file = File::create(self.path(run))?;
        Ok(Log { file, size: 0, is_full: false, secrets, news: self.news.clone() })
    }

    /// From the first line.
    pub fn read(&self, run: i64) -> Reader {
        Reader { path: self.path(run), offset: 0 }
    }

    /// Wakes whoever follows a log.
    pub fn tell(&self) {
        self.news.send_modify(|count| *count += 1);
    }

    /// For whoever follows a log. Mark what was seen before looking, or news in between go unnoticed.
    pub fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    fn path(&self, run: i64) -> PathBuf {
        self.folder.join(format!("{run}.log"))
    }
}

impl Log {
    /// Adds what a step has printed: one line, without its line end.
    pub fn line(&mut self, bytes: &[u8]) -> io::Result<()> {
        let text = String::from_utf8_lossy(bytes).replace('\r', "");
        let masked = self.secrets.mask(&text);
        let end = masked.floor_char_boundary(LONGEST_LINE);
        self.write(&masked[..end])
    }

    fn write(&mut self, line: &str) -> io::Result<()> {
        if self.is_full {
            return Ok(());
        }
        self.is_full = self.size + line.len() as u64 > LARGEST;
        // Line and line end in one call, so that no reader finds half of it.
        let text =
            if self.is_full { "… the log ends here: it is too large\n".to_owned() } else { format!("{line}\n") };
        self.file.write_all(text.as_bytes())?;
        self.size += text.len() as u64;
        self.news.send_modify(|count| *count += 1);
        Ok(())
    }

    /// How many bytes of a line are looked at: a secret that begins before the end of what is kept is masked whole.
    pub fn line_limit(&self) -> usize {
        LONGEST_LINE + self.secrets.longest()
    }
}

impl Reader {
    /// The complete lines that have come since the last call.
    pub fn lines(&mut self) -> io::Result<Vec<String>> {
        let mut file = match File::open(&self.path) {
            // A run that waits for its turn has no log yet.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            opened => opened?,
        };
        file.seek(SeekFrom::Start(self.offset))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let complete = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        self.offset += complete as u64;
        let text = String::from_utf8_lossy(bytes.get(..complete).unwrap_or_default()).into_owned();
        Ok(text.lines().map(str::to_owned).collect())
    }
}
