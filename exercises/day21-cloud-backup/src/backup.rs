//! From a folder to a snapshot.

use crate::{
    repository::{Entry, Kind, Repository, Snapshot, Upload},
    say,
    source::{Content, Source},
};
use data_encoding::BASE64;
use jiff::Timestamp;
use plumbing::Failure;
use std::{io::Read, os::unix::ffi::OsStrExt, path::Path};

/// The least, usual and greatest length of a chunk. Short ones find more that is the same; long ones need fewer requests.
const LENGTHS: (usize, usize, usize) = (16 << 10, 64 << 10, 256 << 10);

/// Makes a snapshot of `folder` and prints its line.
pub async fn run(repository: &Repository, folder: &Path, time: Timestamp) -> Result<(), Failure> {
    let mut source = Source::new(folder)?;
    let mut upload = repository.upload().await?;
    let cut = repository.keys.cut;
    let (mut files, mut bytes, mut lines) = (0, 0, Vec::new());
    while let Some(found) = source.next().await? {
        let kind = match &found.content {
            Content::Folder => Kind::Folder,
            Content::Link(target) => Kind::Link(encode(target)),
            Content::File(file) => {
                let (chunks, length) = store(&mut upload, cut, file, &found.path).await?;
                files += 1;
                bytes += length;
                Kind::File(chunks)
            }
        };
        let entry = Entry { path: encode(&found.path), mode: found.mode, modified: found.modified, kind };
        lines.extend(serde_json::to_vec(&entry)?);
        lines.push(b'\n');
    }
    let (manifest, _) = store(&mut upload, cut, lines.as_slice(), folder).await?;
    say(upload.publish(Snapshot { id: String::new(), time, files, bytes, manifest }).await?)
}

/// Cuts what is read into chunks and stores them; returns their ids, and how many bytes it was. Where it is cut depends on
/// the bytes around the cut, so that one byte more at the start of a file changes one chunk and not all.
async fn store(
    upload: &mut Upload<'_>,
    cut: u64,
    mut from: impl Read,
    path: &Path,
) -> Result<(Vec<String>, u64), Failure> {
    let mut start = vec![0; LENGTHS.0];
    let length = from.read(&mut start)?;
    let id = upload.chunk(&start[..length]).await?;
    todo!("cut {path:?} into chunks of {LENGTHS:?} with StreamCDC and the seed {cut}, and store them, as {id}")
}

fn encode(path: &Path) -> String {
    BASE64.encode(path.as_os_str().as_bytes())
}
