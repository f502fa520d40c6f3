//! From a snapshot to a folder.

use crate::repository::{AT_ONCE, Entry, Kind, Repository, Snapshot};
use data_encoding::BASE64;
use plumbing::Failure;
use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    os::unix::ffi::OsStringExt,
    path::{Path, PathBuf},
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

    for entry in &entries {
        let path = target.join(safe(&entry.path)?);
        match &entry.kind {
            Kind::Folder => todo!("make {path:?}; its time and mode wait for what is in it"),
            Kind::Link(to) => {
                todo!("a link to {:?} at {path:?}; what if something is written through it?", decode(to)?)
            }
            Kind::File(chunks) => write(repository, chunks, &path, entry).await?,
        }
    }
    Ok(())
}

/// The snapshot with this id, or the latest. If one of them cannot be read, nobody knows whether it was the latest.
async fn choose(repository: &Repository, id: Option<&str>) -> Result<Snapshot, Failure> {
    let (snapshots, damage) = repository.snapshots().await?;
    todo!("{id:?} or the latest of {snapshots:?}; {damage:?} cannot be read")
}

async fn write(repository: &Repository, chunks: &[String], path: &Path, entry: &Entry) -> Result<(), Failure> {
    for id in chunks {
        drop(repository.chunk(id).await?);
    }
    finish(&File::open(path)?, entry)?;
    todo!("write those chunks to {path:?}, {AT_ONCE} requests at once; a file that is not whole must not stay")
}

/// Gives a file or folder its mode and its time.
fn finish(file: &File, entry: &Entry) -> io::Result<()> {
    todo!("give {file:?} the mode {:o} and the time {:?}", entry.mode, entry.modified)
}

/// A path that stays below the target. Only who has the passphrase can write another, but may have been tricked.
fn safe(path: &str) -> Result<PathBuf, Failure> {
    todo!("{:?}, if it stays below the target", decode(path)?)
}

fn decode(path: &str) -> Result<OsString, Failure> {
    Ok(OsString::from_vec(BASE64.decode(path.as_bytes())?))
}
