//! What is in a folder; SQLite databases as copies that are consistent.

use plumbing::Failure;
use sqlx::sqlite::SqliteConnectOptions;
use std::{
    collections::HashSet,
    fs::File,
    io::{self, ErrorKind, Read},
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;
use walkdir::WalkDir;

/// The first bytes of a SQLite database (<https://www.sqlite.org/fileformat.html>, 1.3).
const SQLITE: &[u8; 16] = b"SQLite format 3\0";
/// What SQLite keeps beside a database while it is open. A copy made by SQLite has all of it inside.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];
/// SQLite's result codes for a file that only looks like a database (<https://www.sqlite.org/rescode.html>).
const NO_DATABASE: [i32; 2] = [11, 26];

/// Something in the folder.
pub struct Found {
    /// Below the folder; empty for the folder itself.
    pub path: PathBuf,
    pub mode: u32,
    pub modified: (i64, u32),
    pub content: Content,
}

#[derive(Debug)]
pub enum Content {
    Folder,
    Link(PathBuf),
    /// A file, or the copy of a database.
    File(File),
}

/// A walk through a folder. A folder comes before what is in it, and all is in the order of the names.
pub struct Source {
    root: PathBuf,
    walk: walkdir::IntoIter,
    /// Companions of databases that were copied.
    skip: HashSet<PathBuf>,
}

impl Source {
    pub fn new(folder: &Path) -> Result<Source, Failure> {
        let unreadable = |error| Failure::new(format!("cannot read {}: {error}", folder.display()));
        // Reading it says whether it is a folder, and walking into a link to one.
        let root = folder.read_dir().and_then(|_| folder.canonicalize()).map_err(unreadable)?;
        Ok(Source { walk: WalkDir::new(&root).sort_by_file_name().into_iter(), root, skip: HashSet::new() })
    }

    /// The next thing that can be backed up. Pipes, sockets and devices cannot, and what has gone since it was seen cannot,
    /// either; everything else that cannot be read is an error.
    pub async fn next(&mut self) -> Result<Option<Found>, Failure> {
        while let Some(entry) = self.walk.next() {
            let (path, found) = match entry {
                Ok(entry) => (entry.path().to_owned(), self.look(entry.path()).await),
                Err(error) => (error.path().unwrap_or(&self.root).to_owned(), Err(error.into())),
            };
            match found {
                Ok(Some(found)) => return Ok(Some(found)),
                Ok(None) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(Failure::new(format!("cannot read {}: {error}", path.display()))),
            }
        }
        Ok(None)
    }

    async fn look(&mut self, path: &Path) -> io::Result<Option<Found>> {
        let metadata = path.symlink_metadata()?;
        let content = if metadata.is_dir() {
            Content::Folder
        } else if metadata.is_symlink() {
            Content::Link(path.read_link()?)
        } else {
            self.open(path).await?
        };
        let path = path.strip_prefix(&self.root).unwrap_or(path);
        todo!("mode, time and {content:?} of {path:?}; what cannot be backed up, or is in a copy, is not {metadata:?}")
    }

    async fn open(&mut self, path: &Path) -> io::Result<Content> {
        let mut start = Vec::new();
        File::open(path)?.take(16).read_to_end(&mut start)?;
        let copy = if start == SQLITE { copy(path).await? } else { None };
        let file = Content::File(File::open(path)?);
        todo!("{copy:?} or {file:?}; with a copy, {COMPANIONS:?} of {path:?} are added to {:?}", self.skip)
    }
}

/// A copy of a database as it was at one moment between two transactions, whoever writes meanwhile; none if it only looks
/// like one. Reading the file itself would give pages of many moments, and not what is still in its log.
async fn copy(path: &Path) -> io::Result<Option<File>> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(Duration::from_secs(10));
    let folder = TempDir::new()?;
    todo!("connect with {options:?}, copy into {folder:?}; {NO_DATABASE:?} say that it is no database")
}
