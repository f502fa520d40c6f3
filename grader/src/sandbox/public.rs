//! When the grader runs as root: bubblewrap must not. Inside a user namespace of root's, "nobody" would still be root to
//! the files outside. So everything is started as the user nobody, who cannot look into root's home; what the sandbox
//! needs from there is shown to it at a place that everybody can reach.
//!
//! The places are mounts in a namespace that only the command has, so nothing is mounted for anybody else, and nothing
//! is left when the command has ended, however it ended.

use super::bubblewrap::NOBODY;
use std::{
    ffi::OsString,
    fs, io,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
};

/// Mounts each pair of its arguments up to `--`, then becomes the rest.
const SCRIPT: &str = r#"while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit 126; shift 2; done; shift; exec "$@""#;

/// What a command will be able to reach.
#[derive(Debug)]
pub(super) struct Reach<'a> {
    /// A folder that everybody can enter, for the places of the mounts.
    ground: &'a Path,
    as_root: bool,
    mounts: Vec<(PathBuf, PathBuf)>,
}

impl<'a> Reach<'a> {
    pub(super) fn new(ground: &'a Path) -> Reach<'a> {
        Reach { ground, as_root: is_root(), mounts: Vec::new() }
    }

    /// Where a command can find `path`.
    pub(super) fn place(&mut self, path: &Path) -> io::Result<PathBuf> {
        if !self.as_root || everybody_can_reach(path) {
            return Ok(path.to_owned());
        }
        let kind = if path.is_dir() { "folder" } else { "file" };
        let place = self.ground.join(format!("{kind}-{}", self.mounts.len()));
        if !place.exists() {
            if path.is_dir() { fs::create_dir_all(&place)? } else { fs::write(&place, "")? }
        }
        self.mounts.push((path.to_owned(), place.clone()));
        Ok(place)
    }

    /// `command`, started as nobody when we are root.
    pub(super) fn wrap(self, command: Vec<OsString>) -> Vec<OsString> {
        if !self.as_root {
            return command;
        }
        let mut wrapped: Vec<OsString> = Vec::new();
        if !self.mounts.is_empty() {
            wrapped.extend(
                ["unshare", "--mount", "--propagation", "private", "--", "sh", "-c", SCRIPT, "sh"].map(Into::into),
            );
            for (source, place) in self.mounts {
                wrapped.extend([source.into_os_string(), place.into_os_string()]);
            }
            wrapped.push("--".into());
        }
        let user = [format!("--reuid={NOBODY}"), format!("--regid={NOBODY}")];
        wrapped.push("setpriv".into());
        wrapped.extend(user.map(Into::into));
        wrapped.extend(["--clear-groups", "--no-new-privs", "--"].map(Into::into));
        wrapped.extend(command);
        wrapped
    }
}

/// Gives a folder to the user that commands run as.
pub(super) fn hand_over(folder: &Path) -> io::Result<()> {
    match (is_root(), NOBODY.parse()) {
        (true, Ok(nobody)) => chown(folder, Some(nobody), Some(nobody)),
        _ => Ok(()),
    }
}

pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn everybody_can_reach(path: &Path) -> bool {
    let bits = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode());
    let wanted = if path.is_dir() { 0o005 } else { 0o004 };
    bits(path) & wanted == wanted && path.ancestors().skip(1).all(|folder| bits(folder) & 0o001 != 0)
}
