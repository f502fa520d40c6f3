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

#[cfg(test)]
mod tests {
    use super::plain_path;

    #[test]
    fn paths_are_plain_or_refused() {
        assert_eq!(plain_path("./a//b/./c.rs"), Ok("a/b/c.rs".to_owned()));
        assert_eq!(plain_path(r"a\b.rs"), Ok("a/b.rs".to_owned()));
        for bad in ["", "/", ".", "/etc/passwd", "../x", "a/../../x", r"..\x", "C:/x", "a\u{1b}[2J", "a\0b"] {
            assert!(plain_path(bad).is_err(), "{bad:?}");
        }
    }
}
