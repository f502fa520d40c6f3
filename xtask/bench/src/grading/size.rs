//! How much room a folder takes.

use std::path::Path;

/// The bytes of all files below a folder; a file with several names counts once.
pub fn size(folder: &Path) -> u64 {
    let mut seen = std::collections::HashSet::new();
    let files = walkdir::WalkDir::new(folder).into_iter().flatten().filter_map(|entry| entry.metadata().ok());
    let files = files.filter(|it| it.is_file() && seen.insert(identity(it)));
    files.map(|it| it.len()).sum()
}

#[cfg(unix)]
fn identity(metadata: &std::fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

/// Where files have no number, each counts.
#[cfg(not(unix))]
fn identity(_: &std::fs::Metadata) -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_with_two_names_counts_once() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("deps")).unwrap();
        fs::write(folder.path().join("deps/day-1a"), [0; 1000]).unwrap();
        fs::hard_link(folder.path().join("deps/day-1a"), folder.path().join("day")).unwrap();
        fs::write(folder.path().join("other"), [0; 50]).unwrap();
        assert_eq!(size(folder.path()), 1050);
    }
}
