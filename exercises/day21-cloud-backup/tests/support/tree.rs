//! Folders to back up, and what comes back.

use harness::{Random, expect};
use std::{
    collections::BTreeMap,
    fmt::Write,
    fs::{self, File, FileTimes, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// Something in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    Folder { mode: u32, modified: (i64, i64) },
    File { mode: u32, modified: (i64, i64), content: Vec<u8> },
    Link(PathBuf),
}

/// Everything in a folder by path; the empty path is the folder itself.
pub fn tree(folder: &Path) -> BTreeMap<PathBuf, Node> {
    let mut nodes = BTreeMap::new();
    collect(folder, Path::new(""), &mut nodes);
    nodes
}

fn collect(root: &Path, path: &Path, nodes: &mut BTreeMap<PathBuf, Node>) {
    let full = root.join(path);
    let metadata = full.symlink_metadata().expect("what is in a folder can be looked at");
    let (mode, modified) = (metadata.mode() & 0o777, (metadata.mtime(), metadata.mtime_nsec()));
    if metadata.is_symlink() {
        nodes.insert(path.to_owned(), Node::Link(full.read_link().expect("a link can be read")));
    } else if metadata.is_dir() {
        nodes.insert(path.to_owned(), Node::Folder { mode, modified });
        for entry in full.read_dir().expect("a folder can be read") {
            collect(root, &path.join(entry.expect("a folder can be read").file_name()), nodes);
        }
    } else if metadata.is_file() {
        nodes.insert(path.to_owned(), Node::File { mode, modified, content: harness::read_written(&full) });
    }
}

/// `restored` has to be as `expected` in everything that a backup keeps.
#[track_caller]
pub fn expect_same(requirement: &str, restored: &Path, expected: &BTreeMap<PathBuf, Node>) {
    let restored = tree(restored);
    let mut differences = String::new();
    for path in expected.keys().chain(restored.keys().filter(|path| !expected.contains_key(*path))) {
        let (wanted, got) = (words(expected.get(path)), words(restored.get(path)));
        if expected.get(path) != restored.get(path) && differences.lines().count() < 10 {
            let where_ = match (expected.get(path), restored.get(path)) {
                (Some(Node::File { content: a, .. }), Some(Node::File { content: b, .. })) if a != b => {
                    let at = a.iter().zip(b).take_while(|(a, b)| a == b).count();
                    format!(", the first other byte is number {at}")
                }
                _ => String::new(),
            };
            let _ = writeln!(differences, "{}: was {wanted}, is {got}{where_}", path.display());
        }
    }
    expect(requirement)
        .expected("the same files, folders and links with the same bytes, modes and times")
        .that(differences.is_empty(), differences);
}

fn words(node: Option<&Node>) -> String {
    match node {
        None => "not there".to_owned(),
        Some(Node::Folder { mode, modified: (s, n) }) => format!("a folder, {mode:o}, {s}.{n:09}"),
        Some(Node::File { mode, modified: (s, n), content }) => {
            format!("a file of {} bytes, {mode:o}, {s}.{n:09}", content.len())
        }
        Some(Node::Link(to)) => format!("a link to {}", to.display()),
    }
}

/// Writes a file and gives it this mode, and a random time.
pub fn write(random: &mut Random, path: &Path, content: &[u8], mode: u32) {
    fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder can be made");
    fs::write(path, content).expect("a file can be written");
    age(random, path, mode);
}

/// Gives something this mode, and a random time of the last twenty years or so.
pub fn age(random: &mut Random, path: &Path, mode: u32) {
    let nanos = random.between(1_100_000_000_000_000_000..=1_700_000_000_000_000_000);
    let time = SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos.unsigned_abs());
    let file = File::open(path).expect("what was made can be opened");
    file.set_times(FileTimes::new().set_modified(time)).expect("a time can be set");
    file.set_permissions(Permissions::from_mode(mode)).expect("a mode can be set");
}

/// Fills a folder with files of some lengths, folders and links.
pub fn plant(random: &mut Random, folder: &Path) {
    for number in 0..random.between(1..=2) {
        let length = random.between(1..=3000);
        let content = random.bytes(usize::try_from(length).unwrap_or(1));
        let path = folder.join(random.name()).join(format!("{number}-{}.txt", random.word()));
        write(random, &path, &content, 0o644);
    }
    write(random, &folder.join("empty"), b"", 0o600);
    write(random, &folder.join("run.sh"), b"#!/bin/sh\n", 0o755);
    fs::create_dir(folder.join("nothing in it")).expect("a folder can be made");
    symlink("run.sh", folder.join("start")).expect("a link can be made");
    symlink("/nowhere/at all", folder.join("dangling")).expect("a link can be made");
    for entry in folder.read_dir().expect("a folder can be read") {
        let path = entry.expect("a folder can be read").path();
        if !path.is_symlink() && path.is_dir() {
            age(random, &path, 0o750);
        }
    }
    age(random, folder, 0o755);
}
