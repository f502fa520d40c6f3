//! From a snapshot to a folder.

use crate::repository::{AT_ONCE, Entry, Kind, Repository, Snapshot};
use data_encoding::BASE64;
use futures_util::{StreamExt, stream};
use plumbing::Failure;
use std::{
    ffi::OsString,
    fs::{self, File, FileTimes, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::{
        ffi::OsStringExt,
        fs::{OpenOptionsExt, PermissionsExt, symlink},
    },
    path::{Component, Path, PathBuf},
    time::{Duration, SystemTime},
};

/// Makes everything in a snapshot again. Files that cannot be made whole are left out, and all others are made.
pub async fn run(repository: &Repository, id: Option<&str>, target: &Path) -> Result<(), Failure> {
    let snapshot = choose(repository, id).await?;
    let entries = repository.manifest(&snapshot).await?;
    let unwritable = |path: &Path, error| Failure::new(format!("cannot write {}: {error}", path.display()));
    fs::create_dir_all(target).map_err(|error| unwritable(target, error))?;
    if target.read_dir()?.next().is_some() {
        return Err(Failure::new(format!("{} is not empty; restore into a folder that is", target.display())));
    }

    let (mut folders, mut links, mut damage) = (Vec::new(), Vec::new(), Vec::new());
    for entry in &entries {
        let path = target.join(safe(&entry.path)?);
        match &entry.kind {
            Kind::Folder => {
                fs::create_dir_all(&path).map_err(|error| unwritable(&path, error))?;
                folders.push((path, entry));
            }
            Kind::Link(to) => links.push((path, decode(to)?)),
            Kind::File(chunks) => {
                if let Err(failure) = write(repository, chunks, &path, entry).await {
                    damage.push(format!("{} ({failure})", path.display()));
                    drop(fs::remove_file(&path));
                }
            }
        }
    }
    // Links come when all files are written, so that nothing is written through one.
    for (path, to) in links {
        symlink(to, &path).map_err(|error| unwritable(&path, error))?;
    }
    // What is made in a folder changes its time, and a folder may forbid to make something in it: the innermost first.
    for (path, entry) in folders.iter().rev() {
        File::open(path).and_then(|folder| finish(&folder, entry)).map_err(|error| unwritable(path, error))?;
    }
    if damage.is_empty() { Ok(()) } else { Err(Failure::new(format!("not restored: {}", damage.join(", ")))) }
}

/// The snapshot with this id, or the latest. If one of them cannot be read, nobody knows whether it was the latest.
async fn choose(repository: &Repository, id: Option<&str>) -> Result<Snapshot, Failure> {
    let (mut snapshots, damage) = repository.snapshots().await?;
    let found = match id {
        Some(id) => snapshots.into_iter().find(|snapshot| snapshot.id == id),
        None if damage.is_empty() => snapshots.pop(),
        None => None,
    };
    let missing = || format!("no such snapshot: {}; list shows what is there", id.unwrap_or("there is none at all"));
    found.ok_or_else(|| Failure::new(if damage.is_empty() { missing() } else { damage.join(", ") }))
}

async fn write(repository: &Repository, chunks: &[String], path: &Path, entry: &Entry) -> Result<(), Failure> {
    // Nobody else may read it before it has its own mode.
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let mut chunks = stream::iter(chunks).map(|id| repository.chunk(id)).buffered(AT_ONCE);
    while let Some(chunk) = chunks.next().await {
        file.write_all(&chunk?)?;
    }
    Ok(finish(&file, entry)?)
}

/// Gives a file or folder its mode and its time.
fn finish(file: &File, entry: &Entry) -> io::Result<()> {
    let (seconds, nanos) = entry.modified;
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let start = SystemTime::UNIX_EPOCH;
    let modified = if seconds < 0 { start.checked_sub(whole) } else { start.checked_add(whole) };
    let modified = modified.unwrap_or(start) + Duration::from_nanos(nanos.into());
    file.set_times(FileTimes::new().set_modified(modified))?;
    file.set_permissions(Permissions::from_mode(entry.mode & 0o777))
}

/// A path that stays below the target. Only who has the passphrase can write another, but may have been tricked.
fn safe(path: &str) -> Result<PathBuf, Failure> {
    let path = PathBuf::from(decode(path)?);
    let stays = path.components().all(|component| matches!(component, Component::Normal(_)));
    stays.then_some(path).ok_or_else(|| Failure::new("the snapshot has a path that leads out of the folder"))
}

fn decode(path: &str) -> Result<OsString, Failure> {
    Ok(OsString::from_vec(BASE64.decode(path.as_bytes())?))
}
