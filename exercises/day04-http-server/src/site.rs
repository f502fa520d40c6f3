//! The folder that is served, and nothing outside it.

use crate::{conditions::Version, request, response::Status};
use std::{
    fs::Metadata,
    io,
    path::{Path, PathBuf},
};
use tokio::fs::File;

/// All files below one folder.
#[derive(Debug)]
pub struct Site {
    /// Without symbolic links in it, so that it can be compared with where a file really is.
    root: PathBuf,
}

/// What a path leads to.
#[derive(Debug)]
pub enum Found {
    File {
        file: File,
        version: Version,
        media_type: &'static str,
    },
    /// A folder whose path did not end with a slash. Relative links in its page would point beside it.
    WithoutSlash,
}

impl Site {
    /// # Errors
    /// One line for the person who started the program, when `root` is no folder.
    pub fn open(root: &Path) -> Result<Site, String> {
        let refuse = |why: &str| format!("cannot serve {}: {why}; name a folder with --root", root.display());
        let real = root.canonicalize().map_err(|error| refuse(&error.to_string()))?;
        if real.is_dir() { Ok(Site { root: real }) } else { Err(refuse("it is not a folder")) }
    }

    /// Opens what `path` leads to; for a folder, its `index.html`.
    ///
    /// # Errors
    /// The status for what is not there, or not for everyone.
    pub async fn find(&self, path: &request::Path) -> Result<Found, Status> {
        let mut wanted = self.root.clone();
        wanted.extend(&path.segments);
        let (real, metadata) = self.look_at(&wanted).await?;
        if path.folder {
            todo!("index.html, if {real:?} is a folder ({metadata:?})");
        }
        if metadata.is_dir() {
            return Ok(Found::WithoutSlash);
        }
        let version = Version::of(&metadata).map_err(|error| refusal(&error))?;
        let file = File::open(&real).await.map_err(|error| refusal(&error))?;
        Ok(Found::File { file, version, media_type: media_type(&real) })
    }

    /// Where `path` really is, after all symbolic links, and what is there.
    async fn look_at(&self, path: &Path) -> Result<(PathBuf, Metadata), Status> {
        todo!("find out what is at {path:?}, and whether it is within {:?}", self.root)
    }
}

/// The status for a file that could not be opened.
fn refusal(error: &io::Error) -> Status {
    todo!("tell what is not there from what is not allowed and from what is our fault: {error}")
}

/// By the extension of the file.
fn media_type(path: &Path) -> &'static str {
    todo!("choose a media type for {path:?}")
}
