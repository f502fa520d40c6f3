//! One entry of a submission, whatever it came from.

use std::fmt;

/// A file, link or device of a submission. Folders are implied by the files in them.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// Relative, with `/` between its parts, and without `.` and `..`.
    pub path: String,
    /// What is there.
    pub content: Content,
}

/// What an entry is.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// A regular file with its bytes.
    File(Vec<u8>),
    /// A regular file that is larger than any file that counts may be; its size in bytes.
    TooLarge(u64),
    /// Not a regular file: "a symbolic link", "a device".
    Special(&'static str),
}

impl fmt::Debug for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({:?})", self.path, self.content)
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Content::File(bytes) => write!(formatter, "{} bytes", bytes.len()),
            Content::TooLarge(size) => write!(formatter, "{size} bytes, too large"),
            Content::Special(kind) => formatter.write_str(kind),
        }
    }
}

/// A path inside a submission in its plain form, or why it has none. An archive can claim any name: `../../.bashrc`,
/// `/etc/passwd`, a drive letter, a terminal's escape sequence.
pub(super) fn plain_path(raw: &str) -> Result<String, &'static str> {
    // Archives made on Windows use backslashes.
    let path = raw.replace('\\', "/");
    if path.starts_with('/') {
        return Err("its path is absolute");
    }
    if path.chars().any(char::is_control) {
        return Err("its name has control characters");
    }
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") {
        return Err("its path leads out of the submission");
    }
    if parts.iter().any(|part| part.contains(':')) {
        return Err("its name has a colon, which some systems take for a drive");
    }
    if parts.is_empty() { Err("it has no name") } else { Ok(parts.join("/")) }
}

/// What tools leave behind and nobody wrote, by its plain path: build results, a repository's history, what desktops add.
/// Below `src` every name is the learner's own: `src/target/mod.rs` is a module.
pub(super) fn is_litter(path: &str) -> bool {
    const FOLDERS: [&str; 8] = ["target", ".git", ".thirty", "__MACOSX", ".idea", ".vscode", "node_modules", ".zed"];
    let mut parts = path.split('/');
    let name = parts.next_back().unwrap_or_default();
    parts.take_while(|part| *part != "src").any(|part| FOLDERS.contains(&part))
        || name == ".DS_Store"
        || name == "Thumbs.db"
        || name.ends_with('~')
}

#[cfg(test)]
mod tests {
    use super::{is_litter, plain_path};

    #[test]
    fn build_results_are_litter_and_modules_are_not() {
        for litter in
            ["target/debug/x", "a/target/x", ".git/HEAD", "__MACOSX/src/main.rs", "src/.DS_Store", "src/x.rs~"]
        {
            assert!(is_litter(litter), "{litter}");
        }
        for own in ["src/target/mod.rs", "exercises/day01-a/src/target/mod.rs", "target", "README.md"] {
            assert!(!is_litter(own), "{own}");
        }
    }

    #[test]
    fn paths_are_plain_or_refused() {
        assert_eq!(plain_path("./a//b/./c.rs"), Ok("a/b/c.rs".to_owned()));
        assert_eq!(plain_path(r"a\b.rs"), Ok("a/b.rs".to_owned()));
        for bad in ["", "/", ".", "/etc/passwd", "../x", "a/../../x", r"..\x", "C:/x", "a\u{1b}[2J", "a\0b"] {
            assert!(plain_path(bad).is_err(), "{bad:?}");
        }
    }
}
