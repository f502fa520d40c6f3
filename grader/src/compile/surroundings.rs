//! What a build depends on, in few words, so that two moments can be compared without asking cargo, for which it takes half
//! a second to find out that there is nothing to do.

use super::Workspace;
use crate::receipt::hash;
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};
use walkdir::{DirEntry, WalkDir};

/// Marks a folder that can be made again, as cargo's `target`: <https://bford.info/cachedir/>.
const CACHE: &str = "CACHEDIR.TAG";
/// What differs from one terminal to the next, or is set by cargo for the program that it runs, and means nothing to a
/// compiler. The target folder is looked at by itself.
const MEANINGLESS: [&str; 11] = [
    "_",
    "OLDPWD",
    "PWD",
    "SHLVL",
    "CARGO_BIN_NAME",
    "CARGO_CRATE_NAME",
    "CARGO_MAKEFLAGS",
    "CARGO_PRIMARY_PACKAGE",
    "CARGO_TARGET_DIR",
    "LD_LIBRARY_PATH",
    "RUST_RECURSION_COUNT",
];
/// More of that, by how the names begin.
const MEANINGLESS_BEGINNINGS: [&str; 2] = ["CARGO_MANIFEST_", "CARGO_PKG_"];
/// Where cargo and rustup are configured: the variable that names the folder, the folder without it, and the file.
const CONFIGURED: [(&str, &str, &str); 3] = [
    ("CARGO_HOME", ".cargo", "config.toml"),
    ("CARGO_HOME", ".cargo", "config"),
    ("RUSTUP_HOME", ".rustup", "settings.toml"),
];

/// Where cargo builds, unless a configuration says otherwise.
pub(super) fn target_folder(workspace: &Workspace) -> PathBuf {
    let from_environment = || std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    workspace.target_dir.clone().or_else(from_environment).unwrap_or_else(|| workspace.root.join("target"))
}

/// A hash of all that a build depends on but for the sources of `programs`: every other file of the workspace by its size and
/// times, the environment, the toolchain, and how cargo and rustup are configured.
///
/// # Errors
/// When something cannot be read, when a link leads out of sight, and when it is unknown which cargo is used.
pub(super) fn surroundings(workspace: &Workspace, programs: &[String]) -> io::Result<String> {
    let mut text = String::new();
    let target = target_folder(workspace);
    let own: Vec<_> = programs.iter().map(|program| source_folder(&workspace.root, program)).collect();
    let is_wanted = |entry: &DirEntry| !is_passed_over(entry, &target) && !own.iter().any(|own| entry.path() == own);
    for entry in WalkDir::new(&workspace.root).sort_by_file_name().into_iter().filter_entry(is_wanted) {
        let entry = entry?;
        if entry.path_is_symlink() {
            return Err(io::Error::other(format!("{} leads elsewhere", entry.path().display())));
        }
        if entry.file_type().is_file() {
            note(&mut text, entry.path(), &entry.metadata()?);
        }
    }
    for path in toolchain()? {
        note(&mut text, &path, &fs::metadata(&path)?);
    }
    let above = workspace.root.ancestors().skip(1).map(|folder| folder.join(".cargo/config.toml"));
    for path in configured().chain(above) {
        // Most are not there.
        if let Ok(metadata) = fs::metadata(&path) {
            note(&mut text, &path, &metadata);
        }
    }
    let mut environment: Vec<_> = std::env::vars_os().chain(workspace.environment.iter().cloned()).collect();
    environment.retain(|(name, _)| !is_meaningless(&name.to_string_lossy()));
    environment.sort();
    Ok(hash(format!("{text}{environment:?}{target:?}{}", workspace.colour).as_bytes()))
}

fn is_meaningless(name: &str) -> bool {
    MEANINGLESS.contains(&name) || MEANINGLESS_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

fn note(text: &mut String, path: &Path, metadata: &fs::Metadata) {
    text.push_str(&format!("{}\t{}\n", path.display(), stamp(metadata)));
}

/// The cargo that runs us, and the compiler beside it, which an update replaces.
fn toolchain() -> io::Result<[PathBuf; 2]> {
    let cargo = std::env::var_os("CARGO").ok_or_else(|| io::Error::other("it is unknown which cargo is used"))?;
    let cargo = PathBuf::from(cargo);
    let rustc = cargo.with_file_name(format!("rustc{}", std::env::consts::EXE_SUFFIX));
    Ok([cargo, rustc])
}

fn configured() -> impl Iterator<Item = PathBuf> {
    CONFIGURED.iter().filter_map(|(variable, folder, file)| {
        let named = std::env::var_os(variable).map(PathBuf::from);
        Some(named.or_else(|| Some(std::env::home_dir()?.join(folder)))?.join(file))
    })
}

/// A hash of the sources of a program: the names and contents of everything in its `src`.
pub(super) fn sources(root: &Path, program: &str) -> io::Result<String> {
    let mut text = Vec::new();
    for entry in WalkDir::new(source_folder(root, program)).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() {
            let content = fs::read(entry.path())?;
            text.extend_from_slice(format!("{}\t{}\n", entry.path().display(), content.len()).as_bytes());
            text.extend(content);
        }
    }
    Ok(hash(&text))
}

/// Where the sources of an exercise are.
pub(super) fn source_folder(root: &Path, program: &str) -> PathBuf {
    root.join("exercises").join(program).join("src")
}

/// Whether an entry of the workspace says nothing about a build.
fn is_passed_over(entry: &DirEntry, target: &Path) -> bool {
    if !entry.file_type().is_dir() || entry.depth() == 0 {
        return false;
    }
    let is_tool_s_own = entry.depth() == 1 && (entry.file_name() == ".git" || entry.file_name() == ".thirty");
    is_tool_s_own || entry.path() == target || entry.path().join(CACHE).exists()
}

/// Size and times of a file. The time of the last change of its attributes cannot be set by anybody.
pub(super) fn stamp(metadata: &fs::Metadata) -> String {
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        format!("{} {} {}.{}", metadata.len(), modified.as_nanos(), metadata.ctime(), metadata.ctime_nsec())
    }
    #[cfg(not(unix))]
    format!("{} {}", metadata.len(), modified.as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course() -> (tempfile::TempDir, Workspace) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        for path in ["exercises/day01-a/src/main.rs", "exercises/day01-a/Cargo.toml", "harness/src/lib.rs"] {
            write(&root, path, "one");
        }
        (folder, Workspace::at(root))
    }

    fn own() -> Vec<String> {
        vec!["day01-a".to_owned()]
    }

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn everything_but_its_sources_surrounds_a_program() {
        let (_folder, workspace) = course();
        let before = surroundings(&workspace, &own()).unwrap();
        assert_eq!(surroundings(&workspace, &own()).unwrap(), before);
        for path in ["exercises/day01-a/src/main.rs", ".git/index", ".thirty/report.json", "target/debug/day01-a"] {
            write(&workspace.root, path, "another");
            assert_eq!(surroundings(&workspace, &own()).unwrap(), before, "{path}");
        }
        let mut before = before;
        for path in [
            "exercises/day01-a/Cargo.toml",
            "exercises/day01-a/migrations/1.sql",
            "exercises/day02-b/src/main.rs",
            "exercises/plumbing/src/lib.rs",
            "harness/src/lib.rs",
            ".cargo/config.toml",
            "Cargo.lock",
        ] {
            write(&workspace.root, path, "another");
            let after = surroundings(&workspace, &own()).unwrap();
            assert_ne!(after, before, "{path}");
            before = after;
        }
        let other = Workspace { environment: vec![("RUSTFLAGS".into(), "-g".into())], ..workspace };
        assert_ne!(surroundings(&other, &own()).unwrap(), before);
    }

    #[test]
    fn a_file_of_the_same_size_and_time_is_told_by_when_it_was_written() {
        let (_folder, workspace) = course();
        let path = workspace.root.join("harness/src/lib.rs");
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        let before = surroundings(&workspace, &own()).unwrap();
        fs::write(&path, "two").unwrap();
        fs::File::options().append(true).open(&path).unwrap().set_modified(time).unwrap();
        #[cfg(unix)]
        assert_ne!(surroundings(&workspace, &own()).unwrap(), before);
    }

    #[test]
    fn sources_are_their_names_and_contents() {
        let (_folder, workspace) = course();
        let root = &workspace.root;
        let before = sources(root, "day01-a").unwrap();
        write(root, "exercises/day01-a/src/main.rs", "one");
        assert_eq!(sources(root, "day01-a").unwrap(), before, "saved without a change");
        write(root, "exercises/day01-a/src/main.rs", "two");
        let edited = sources(root, "day01-a").unwrap();
        assert_ne!(edited, before);
        write(root, "exercises/day01-a/src/page.css", "");
        assert_ne!(sources(root, "day01-a").unwrap(), edited);
    }
}
