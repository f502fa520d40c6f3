//! Reading what the program under test has written. It may have put anything there: a link to a file of the machine, a
//! pipe that nobody writes to, a file without end.

use crate::expect;
use std::{
    fs::{File, OpenOptions},
    io::Read,
    path::Path,
};

/// More than any program of the course writes.
const LIMIT: u64 = 256 << 20;

/// The bytes of a file that the program has written.
///
/// # Panics
/// With a failure of the program's when it is not there, is no regular file, or is larger than 256 MiB.
#[track_caller]
pub fn read_written(path: impl AsRef<Path>) -> Vec<u8> {
    let path = path.as_ref();
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let wanted = || expect(format!("the program keeps its data in regular files ({name})"));
    let metadata = std::fs::symlink_metadata(path);
    let metadata = metadata.unwrap_or_else(|error| wanted().fail(format!("{name}: {error}")));
    if metadata.is_symlink() {
        wanted().fail(format!("{name} is a symbolic link"));
    }
    if !metadata.is_file() {
        wanted().fail(format!("{name} is no regular file"));
    }
    let mut bytes = Vec::new();
    let file = open(path).unwrap_or_else(|error| wanted().fail(format!("{name}: {error}")));
    // What is at that path can have become something else between the look and the opening.
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        wanted().fail(format!("{name} is no regular file"));
    }
    if let Err(error) = file.take(LIMIT + 1).read_to_end(&mut bytes) {
        wanted().fail(format!("{name}: {error}"));
    }
    if bytes.len() as u64 > LIMIT {
        wanted().fail(format!("{name} is larger than {} MiB", LIMIT >> 20));
    }
    bytes
}

#[cfg(unix)]
fn open(path: &Path) -> std::io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).open(path)
}
