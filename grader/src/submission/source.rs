//! Reading a submission: a folder, a .zip, a .tar.gz, or a revision of a Git repository.

use super::entry::{Content, Entry, is_litter, plain_path};
use flate2::read::GzDecoder;
use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// How much of a submission is read. An archive of a few kilobytes can unpack to as much as its maker likes.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Entries, litter left aside.
    pub entries: usize,
    /// Bytes of a file; what is larger cannot count, so its bytes are not kept.
    pub kept: u64,
    /// Bytes kept of all files.
    pub total: u64,
    /// Bytes unpacked of an archive, kept or not, litter left aside.
    pub unpacked: u64,
    /// Bytes of a whole .tar. It has to be read from its beginning to its end, with the build results that somebody packed.
    pub streamed: u64,
}

impl Default for Bounds {
    /// Far above any honest submission.
    fn default() -> Bounds {
        Bounds { entries: 50_000, kept: 2 << 20, total: 64 << 20, unpacked: 1 << 30, streamed: 8 << 30 }
    }
}

/// Where a submission comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A folder, perhaps a checkout.
    Folder(PathBuf),
    /// A .zip file.
    Zip(PathBuf),
    /// A .tar.gz or .tgz file.
    TarGz(PathBuf),
    /// A Git repository by URL or path.
    Git {
        /// As `git clone` takes it.
        url: String,
        /// A branch, tag or commit; otherwise the default branch.
        revision: Option<String>,
        /// The last commit up to this time (RFC 3339), for a deadline.
        before: Option<String>,
    },
}

/// Why a submission cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The fault is in the submission.
    #[error("the submission is refused: {path} {why}")]
    Refused {
        /// The path that it claims.
        path: String,
        /// To be read after the path.
        why: String,
    },
    /// It is not there, or not readable by us.
    #[error("{what}: {error}")]
    Unreadable {
        /// The file or command.
        what: String,
        /// What the system said.
        error: io::Error,
    },
    /// `git` said no.
    #[error("git cannot deliver {url}: {message}")]
    Git {
        /// The repository.
        url: String,
        /// git's own words.
        message: String,
    },
    /// The name says nothing that we understand.
    #[error("{0} is neither a folder, a .zip, a .tar.gz nor the URL of a Git repository")]
    Unknown(String),
}

/// What git says when the network or the other side fails, and another try may help. A repository that does not exist or
/// that nobody may read is not among it.
const OUT_OF_REACH: [&str; 12] = [
    "could not resolve",
    "failed to connect",
    "couldn't connect",
    "connection refused",
    "connection reset",
    "timed out",
    "unreachable",
    "returned error: 429",
    "returned error: 5",
    "early eof",
    "disconnect",
    "no space left",
];

impl SourceError {
    /// Whether the machine or the network is at fault, and not the submission.
    pub fn is_the_machines(&self) -> bool {
        match self {
            SourceError::Unreadable { .. } => true,
            SourceError::Git { message, .. } => {
                let message = message.to_lowercase();
                OUT_OF_REACH.iter().any(|words| message.contains(words))
            }
            SourceError::Refused { .. } | SourceError::Unknown(_) => false,
        }
    }
}

impl Source {
    /// What a command line argument means. With `at`, a folder is read as a Git repository.
    pub fn guess(argument: &str, at: Option<&str>) -> Result<Source, SourceError> {
        let path = PathBuf::from(argument);
        let lower = argument.to_lowercase();
        let is_url =
            ["https://", "http://", "ssh://", "git://", "file://", "git@"].iter().any(|it| lower.starts_with(it));
        if is_url || (at.is_some() && path.is_dir()) {
            let (revision, before) = match at {
                Some(time) if time.contains('T') && time.contains(':') => (None, Some(time.to_owned())),
                other => (other.map(str::to_owned), None),
            };
            return Ok(Source::Git { url: argument.to_owned(), revision, before });
        }
        if path.is_dir() {
            Ok(Source::Folder(path))
        } else if lower.ends_with(".zip") {
            Ok(Source::Zip(path))
        } else if lower.ends_with(".tar.gz") || lower.ends_with(".tgz") {
            Ok(Source::TarGz(path))
        } else {
            Err(SourceError::Unknown(argument.to_owned()))
        }
    }

    /// All entries by their paths.
    ///
    /// # Errors
    /// When it cannot be read, claims impossible paths, or holds more than `bounds` allow.
    pub fn read(&self, bounds: &Bounds) -> Result<Vec<Entry>, SourceError> {
        let collected = Collected { bounds, entries: Vec::new(), kept: 0, unpacked: 0 };
        let mut entries = match self {
            Source::Folder(path) => folder(path, collected),
            Source::Zip(path) => zip(path, collected),
            Source::TarGz(path) => tar(GzDecoder::new(open(path)?), &path.display().to_string(), collected),
            Source::Git { url, revision, before } => {
                let archive = git(url, revision.as_deref(), before.as_deref())?;
                tar(archive.as_slice(), url, collected)
            }
        }?;
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(entries)
    }
}

/// Collects entries within bounds.
struct Collected<'a> {
    bounds: &'a Bounds,
    entries: Vec<Entry>,
    kept: u64,
    unpacked: u64,
}

impl Collected<'_> {
    fn special(&mut self, path: &str, kind: &'static str) -> Result<(), SourceError> {
        self.push(path, Content::Special(kind))
    }

    /// Reads a file whose header claims `size` bytes. The claim may be a lie, so what counts is what comes out.
    fn file(&mut self, path: &str, size: u64, mut reader: impl Read) -> Result<(), SourceError> {
        if plain(path).is_ok_and(|path| is_litter(&path)) {
            return Ok(());
        }
        let mut bytes = Vec::new();
        let read = reader.by_ref().take(self.bounds.kept + 1).read_to_end(&mut bytes);
        read.map_err(|error| SourceError::Unreadable { what: path.to_owned(), error })?;
        self.unpacked += bytes.len() as u64;
        let content = if bytes.len() as u64 > self.bounds.kept {
            Content::TooLarge(size.max(bytes.len() as u64))
        } else {
            self.kept += bytes.len() as u64;
            Content::File(bytes)
        };
        if self.kept > self.bounds.total || self.unpacked > self.bounds.unpacked {
            return Err(refused(path, "brings the submission to more bytes than are unpacked"));
        }
        self.push(path, content)
    }

    /// Reads a file of an archive. A wrong checksum, a sudden end or an unknown method is the archive's fault and not ours.
    fn packed(&mut self, path: &str, size: u64, reader: impl Read) -> Result<(), SourceError> {
        self.file(path, size, reader).map_err(|error| match error {
            SourceError::Unreadable { what, error } => refused(&what, &format!("cannot be unpacked: {error}")),
            other => other,
        })
    }

    fn push(&mut self, path: &str, content: Content) -> Result<(), SourceError> {
        let plain = plain(path)?;
        if is_litter(&plain) {
            return Ok(());
        }
        if self.entries.len() >= self.bounds.entries {
            return Err(refused(&plain, &format!("is one entry more than {}", self.bounds.entries)));
        }
        self.entries.push(Entry { path: plain, content });
        Ok(())
    }
}

/// The plain path, or the refusal of the submission.
fn plain(path: &str) -> Result<String, SourceError> {
    plain_path(path).map_err(|why| refused(&path.escape_debug().to_string(), why))
}

fn folder(root: &Path, mut collected: Collected<'_>) -> Result<Vec<Entry>, SourceError> {
    // Whatever is in a folder of litter is litter.
    let is_wanted = |entry: &walkdir::DirEntry| {
        let inside = entry.path().strip_prefix(root).unwrap_or(Path::new(""));
        entry.depth() == 0 || !entry.file_type().is_dir() || !is_litter(&format!("{}/_", inside.to_string_lossy()))
    };
    let walk = walkdir::WalkDir::new(root).follow_links(false).into_iter();
    for entry in walk.filter_entry(is_wanted) {
        let entry = entry.map_err(|error| unreadable(root, error.into()))?;
        let Ok(inside) = entry.path().strip_prefix(root) else { continue };
        let path = inside.to_string_lossy();
        let kind = entry.file_type();
        if kind.is_dir() {
            continue;
        } else if kind.is_file() {
            let file = open(entry.path())?;
            let size = file.metadata().map_err(|error| unreadable(entry.path(), error))?.len();
            collected.file(&path, size, file)?;
        } else if kind.is_symlink() {
            collected.special(&path, "a symbolic link")?;
        } else {
            collected.special(&path, "a device, socket or pipe")?;
        }
    }
    Ok(collected.entries)
}

fn zip(path: &Path, mut collected: Collected<'_>) -> Result<Vec<Entry>, SourceError> {
    let broken =
        |error: zip::result::ZipError| refused(&path.display().to_string(), &format!("is no sound .zip: {error}"));
    let mut archive = zip::ZipArchive::new(open(path)?).map_err(broken)?;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(broken)?;
        let (name, size) = (entry.name().map_err(broken)?.into_owned(), entry.size());
        if entry.is_dir() {
            continue;
        } else if entry.is_symlink() {
            collected.special(&name, "a symbolic link")?;
        } else {
            collected.packed(&name, size, entry)?;
        }
    }
    Ok(collected.entries)
}

fn tar(reader: impl Read, name: &str, mut collected: Collected<'_>) -> Result<Vec<Entry>, SourceError> {
    let broken = |error: io::Error| refused(name, &format!("is no sound .tar: {error}"));
    // A bomb of zeros unpacks for ever without a single further entry.
    let mut archive = tar::Archive::new(reader.take(collected.bounds.streamed));
    for entry in archive.entries().map_err(broken)? {
        let entry = entry.map_err(broken)?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let kind = entry.header().entry_type();
        if kind.is_dir() || kind.is_pax_global_extensions() {
            continue;
        } else if kind.is_file() || kind.is_contiguous() {
            collected.packed(&path, entry.size(), entry)?;
        } else if kind.is_symlink() || kind.is_hard_link() {
            collected.special(&path, if kind.is_symlink() { "a symbolic link" } else { "a hard link" })?;
        } else {
            collected.special(&path, "a device or pipe")?;
        }
    }
    Ok(collected.entries)
}

/// One revision of a repository as a .tar. The repository is copied without a work tree, so that git never puts anything of
/// it on disk.
fn git(url: &str, revision: Option<&str>, before: Option<&str>) -> Result<Vec<u8>, SourceError> {
    let failed = |message: String| SourceError::Git { url: url.to_owned(), message };
    // A revision that begins with a dash would be taken for an option.
    if [Some(url), revision].iter().flatten().any(|text| text.starts_with('-')) {
        return Err(failed("neither URL nor revision can begin with a dash".to_owned()));
    }
    let copy =
        tempfile::tempdir().map_err(|error| SourceError::Unreadable { what: "a folder for git".to_owned(), error })?;
    let run = |arguments: &[&str]| {
        let output = Command::new("git")
            .arg("--git-dir")
            .arg(copy.path())
            .args(["-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never"])
            .args(arguments)
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| SourceError::Unreadable { what: "git".to_owned(), error })?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(failed(String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ")))
        }
    };
    run(&["init", "--quiet", "--bare"])?;
    run(&[
        "fetch",
        "--quiet",
        "--no-recurse-submodules",
        "--tags",
        url,
        "+HEAD:refs/submission/head",
        "+refs/heads/*:refs/heads/*",
    ])?;
    let start = revision.unwrap_or("refs/submission/head");
    let commit = match before {
        None => run(&["rev-parse", "--verify", "--quiet", &format!("{start}^{{commit}}")])?,
        Some(time) => run(&["rev-list", "-1", &format!("--before={time}"), start])?,
    };
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    if commit.is_empty() {
        return Err(failed(format!("no commit before {}", before.unwrap_or_default())));
    }
    run(&["archive", "--format=tar", &commit])
}

fn open(path: &Path) -> Result<File, SourceError> {
    let kind = fs::symlink_metadata(path).map_err(|error| unreadable(path, error))?;
    // Opening a pipe would wait for ever.
    if kind.is_file() || kind.is_symlink() {
        File::open(path).map_err(|error| unreadable(path, error))
    } else {
        Err(refused(&path.display().to_string(), "is no regular file"))
    }
}

fn unreadable(path: &Path, error: io::Error) -> SourceError {
    SourceError::Unreadable { what: path.display().to_string(), error }
}

fn refused(path: &str, why: &str) -> SourceError {
    SourceError::Refused { path: path.to_owned(), why: why.to_owned() }
}
