//! What of the course is given to learners: files that Git knows, and of those only what is listed here.

use crate::{File, Files, Kind};
use grader::{
    catalog::Catalog,
    exercise::Exercise,
    handout,
    submission::Editable,
    work::{Stubs, Work, hash_of_stub},
};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// Single files, which are given as they are.
const SINGLE: [&str; 9] = [
    ".devcontainer/devcontainer.json",
    ".editorconfig",
    ".gitattributes",
    ".gitignore",
    "Cargo.toml",
    "clippy.toml",
    "grader/Cargo.toml",
    "grader/report.schema.json",
    "rustfmt.toml",
];

/// Folders, or beginnings of paths, below which everything is given.
const BELOW: [&str; 13] = [
    ".cargo/",
    ".vscode/",
    "LICENSE",
    "exercises/plumbing/",
    "exercises/plumbing-objects/",
    "exercises/plumbing-sqlite/",
    "grader/harness/",
    "grader/harness-net/",
    "grader/same-features/",
    "grader/src/",
    "xtask/book/",
    "xtask/src/",
    "xtask/watch/",
];

/// Of the packages above, the one whose other folders stay in the course.
const MANIFEST_OF_XTASK: &str = "xtask/Cargo.toml";

/// Reads them.
pub fn collect(catalog: &Catalog, exercises: &[&Exercise]) -> Result<Files, String> {
    let root = catalog.root();
    let tracked = tracked(root)?;
    let mut files = Files::new();
    for path in tracked.iter().filter(|path| is_given(path)) {
        files.insert(path.clone(), File { bytes: read(root, path)?, kind: Kind::Course });
    }
    for exercise in exercises {
        add_day(&mut files, catalog, exercise, &tracked)?;
    }
    let stubs = Stubs::of(root).map_err(|error| error.to_string())?;
    let lines = exercises.iter().filter_map(|it| Some(format!("{} = \"{}\"\n", it.id, stubs.hash(&it.id)?)));
    let text = format!("# A hash of each stub, by which `cargo xtask reset` knows it.\n{}", lines.collect::<String>());
    files.insert("exercises/stubs.toml".to_owned(), File { bytes: text.into_bytes(), kind: Kind::Course });
    Ok(files)
}

/// The stubs and visible tests of all days, also of those that are handed out later: what they have in common with a
/// solution gives nothing away. A day whose stub is nowhere to be found has no say.
pub fn public(catalog: &Catalog) -> Result<Files, String> {
    let tracked = tracked(catalog.root())?;
    let mut files = Files::new();
    for exercise in catalog.exercises() {
        let mut day = Files::new();
        if add_day(&mut day, catalog, exercise, &tracked).is_ok() {
            files.extend(day.into_iter().filter(|(_, file)| matches!(file.kind, Kind::Stub | Kind::Tests)));
        }
    }
    Ok(files)
}

fn is_given(path: &str) -> bool {
    path == MANIFEST_OF_XTASK || SINGLE.contains(&path) || BELOW.iter().any(|start| path.starts_with(start))
}

/// A day: its stub, in place and as the copy for `reset`, and what else it has.
fn add_day(files: &mut Files, catalog: &Catalog, exercise: &Exercise, tracked: &[String]) -> Result<(), String> {
    let folder = format!("exercises/{}/", exercise.id);
    let Editable { globs, .. } = Editable::of(exercise)?;
    for path in tracked.iter().filter(|path| path.starts_with(&folder)) {
        let inside = &path[folder.len()..];
        if !globs.is_match(inside) {
            let kind = if inside.starts_with("tests/") { Kind::Tests } else { Kind::Course };
            files.insert(path.clone(), File { bytes: read(catalog.root(), path)?, kind });
        }
    }
    for (inside, bytes) in recorded_stub(catalog, exercise)? {
        let file = File { bytes, kind: Kind::Stub };
        files.insert(
            format!("{}/{}/{inside}", handout::STUBS, exercise.id),
            File { kind: Kind::Course, ..file.clone() },
        );
        files.insert(format!("{folder}{inside}"), file);
    }
    Ok(())
}

/// The stub whose hash the course records. Whoever makes the hand-out may have solved the day in the same checkout, so what
/// is in the folder counts only when it is that stub; otherwise the history has it.
fn recorded_stub(catalog: &Catalog, exercise: &Exercise) -> Result<grader::work::Files, String> {
    let words = |error: grader::error::GradeError| error.to_string();
    let work = Work::of(catalog, exercise).map_err(words)?;
    let now = work.files().map_err(words)?;
    let stubs = Stubs::of(catalog.root()).map_err(words)?;
    if stubs.hash(&exercise.id) == Some(&hash_of_stub(&now)) {
        return Ok(now);
    }
    work.stub(catalog, exercise).map_err(words)
}

/// The paths of the files that Git knows.
fn tracked(root: &Path) -> Result<Vec<String>, String> {
    let output = Command::new("git").current_dir(root).args(["ls-files", "-z"]).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("git cannot be started: {error}"))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "only what Git knows is handed out, and it knows nothing of {}: {}",
            root.display(),
            why.trim()
        ));
    }
    let text = String::from_utf8(output.stdout).map_err(|_| "a path of the course is not UTF-8".to_owned())?;
    Ok(text.split_terminator('\0').map(str::to_owned).collect())
}

/// A file of the course. A link could lead to what is not given, so none is followed.
fn read(root: &Path, path: &str) -> Result<Vec<u8>, String> {
    let place = root.join(path);
    let kind = fs::symlink_metadata(&place).map_err(|error| format!("cannot read {path}: {error}"))?;
    if !kind.is_file() {
        return Err(format!("{path} is no regular file, and is not handed out; put a file in its place"));
    }
    fs::read(&place).map_err(|error| format!("cannot read {path}: {error}"))
}
