//! What is in a folder; SQLite databases as copies that are consistent.

use plumbing::Failure;
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use std::{
    collections::HashSet,
    fs::File,
    io::{self, ErrorKind, Read},
    os::unix::fs::MetadataExt,
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
        } else if metadata.is_file() && !self.skip.contains(path) {
            self.open(path).await?
        } else {
            return Ok(None);
        };
        Ok(Some(Found {
            path: path.strip_prefix(&self.root).unwrap_or(path).to_owned(),
            mode: metadata.mode() & 0o777,
            modified: (metadata.mtime(), u32::try_from(metadata.mtime_nsec()).unwrap_or_default()),
            content,
        }))
    }

    async fn open(&mut self, path: &Path) -> io::Result<Content> {
        let mut start = Vec::new();
        File::open(path)?.take(16).read_to_end(&mut start)?;
        if start == SQLITE
            && let Some(copy) = copy(path).await?
        {
            self.skip.extend(COMPANIONS.map(|ending| {
                let mut name = path.as_os_str().to_owned();
                name.push(ending);
                PathBuf::from(name)
            }));
            return Ok(Content::File(copy));
        }
        Ok(Content::File(File::open(path)?))
    }
}

/// A copy of a database as it was at one moment between two transactions, whoever writes meanwhile; none if it only looks
/// like one. Reading the file itself would give pages of many moments, and not what is still in its log.
async fn copy(path: &Path) -> io::Result<Option<File>> {
    // Only its owner can look into this folder. It goes at the end of this function; an open file stays readable.
    let folder = TempDir::new()?;
    let target = folder.path().join("copy").display().to_string();
    let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(Duration::from_secs(10));
    let copied = async {
        let mut connection = options.connect().await?;
        sqlx::query("VACUUM INTO ?").bind(target).execute(&mut connection).await?;
        connection.close().await
    };
    match copied.await {
        Ok(()) => File::open(folder.path().join("copy")).map(Some),
        Err(error) => match error.as_database_error().and_then(|error| error.code()?.parse::<i32>().ok()) {
            Some(code) if NO_DATABASE.contains(&(code & 0xff)) => Ok(None),
            _ => Err(io::Error::other(error)),
        },
    }
}
