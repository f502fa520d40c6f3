//! The folder that is served, and nothing outside it.

use crate::{conditions::Version, request, response::Status};
use std::{
    fs::Metadata,
    io,
    path::{Path, PathBuf},
};
use tokio::fs::{self, File};

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
        let (mut real, mut metadata) = self.look_at(&wanted).await?;
        if metadata.is_dir() {
            if !path.folder {
                return Ok(Found::WithoutSlash);
            }
            (real, metadata) = self.look_at(&real.join("index.html")).await?;
        } else if path.folder {
            return Err(Status(404));
        }
        // Opening a pipe would wait until somebody writes into it.
        if !metadata.is_file() {
            return Err(Status(404));
        }
        let version = Version::of(&metadata).map_err(|error| refusal(&error))?;
        let file = File::open(&real).await.map_err(|error| refusal(&error))?;
        Ok(Found::File { file, version, media_type: media_type(&real) })
    }

    /// Where `path` really is, after all symbolic links, and what is there.
    async fn look_at(&self, path: &Path) -> Result<(PathBuf, Metadata), Status> {
        let real = fs::canonicalize(path).await.map_err(|error| refusal(&error))?;
        // Compares whole components: `/srv/site-old` does not start with `/srv/site`.
        if !real.starts_with(&self.root) {
            return Err(Status(404));
        }
        let metadata = fs::metadata(&real).await.map_err(|error| refusal(&error))?;
        Ok((real, metadata))
    }
}

fn refusal(error: &io::Error) -> Status {
    use io::ErrorKind::{InvalidFilename, NotADirectory, NotFound, PermissionDenied};
    match error.kind() {
        NotFound | NotADirectory | InvalidFilename => Status(404),
        PermissionDenied => Status(403),
        _ => {
            eprintln!("error: a file could not be opened: {error}");
            Status(500)
        }
    }
}

fn media_type(path: &Path) -> &'static str {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    match extension.to_ascii_lowercase().as_str() {
        "html" | "htm" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "json" => "application/json",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
