//! What incremental compilation remembers, kept small.
//!
//! It lets an edited day be compiled in a fraction of the time, and it takes room for each program and for each test. Nobody
//! edits tests, and few people edit many days at a time, so most of it is never read again.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Of so many days the memory is kept, those that were compiled last.
pub(super) const KEPT: usize = 3;

/// Removes what is remembered of the tests of exercises, and of all but a few of their programs. `executable` is one that
/// cargo has built of the workspace at `root`. What cannot be removed stays: it only takes space.
pub(super) fn forget_most(root: &Path, executable: &Path) {
    let Some(folder) = folder_of(executable) else { return };
    let exercises = exercises(&root.join("exercises"));
    // cargo holds this lock while it compiles, and what is being compiled must not lose its memory.
    let Ok(lock) = File::open(folder.join(".cargo-lock")) else { return };
    if exercises.is_empty() || lock.try_lock().is_err() {
        return;
    }
    for unused in unused(&folder.join("incremental"), &exercises) {
        let _ = fs::remove_dir_all(unused);
    }
}

/// `target/debug` of a program or a test in it.
fn folder_of(executable: &Path) -> Option<&Path> {
    let folder = executable.parent()?;
    if folder.ends_with("deps") { folder.parent() } else { Some(folder) }
}

/// The exercises, as rustc calls their crates.
fn exercises(folder: &Path) -> BTreeSet<String> {
    let names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.map(|name| name.to_string_lossy().replace('-', "_")).filter(|name| name.starts_with("day")).collect()
}

/// The folders that are not worth their space. Each is named `crate-hash`.
fn unused(memory: &Path, exercises: &BTreeSet<String>) -> Vec<PathBuf> {
    let mut unused = Vec::new();
    let mut programs: BTreeMap<String, (SystemTime, Vec<PathBuf>)> = BTreeMap::new();
    for entry in fs::read_dir(memory).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some((of, _)) = name.rsplit_once('-') else { continue };
        if of.strip_suffix("_visible").is_some_and(|exercise| exercises.contains(exercise)) {
            unused.push(entry.path());
        } else if exercises.contains(of) {
            let changed = entry.metadata().and_then(|it| it.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
            let (latest, folders) = programs.entry(of.to_owned()).or_insert((changed, Vec::new()));
            *latest = changed.max(*latest);
            folders.push(entry.path());
        }
    }
    let mut programs: Vec<_> = programs.into_values().collect();
    programs.sort_by_key(|(latest, _)| std::cmp::Reverse(*latest));
    unused.extend(programs.into_iter().skip(KEPT).flat_map(|(_, folders)| folders));
    unused
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// A course with memory of these crates, the first one compiled last. Returns its folder and a program.
    fn course(crates: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let course = tempfile::tempdir().unwrap();
        let debug = course.path().join("target/debug");
        for (age, name) in crates.iter().enumerate() {
            let folder = debug.join("incremental").join(format!("{name}-1a2b3c"));
            fs::create_dir_all(&folder).unwrap();
            let time = SystemTime::now() - Duration::from_secs(60 * age as u64);
            File::open(folder).unwrap().set_modified(time).unwrap();
        }
        for day in 1..=5 {
            fs::create_dir_all(course.path().join(format!("exercises/day{day:02}-x-y"))).unwrap();
        }
        File::create(debug.join(".cargo-lock")).unwrap();
        (course, debug.join("day01-x-y"))
    }

    fn remembered(program: &Path) -> Vec<String> {
        let folder = program.parent().unwrap().join("incremental");
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.map(|name| name.trim_end_matches("-1a2b3c").to_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_days_that_were_compiled_last_are_remembered_and_no_test_is() {
        let all = ["day05_x_y", "day01_x_y_visible", "day02_x_y", "day01_x_y", "day03_x_y", "day04_x_y"];
        let (course, program) = course(&all);
        forget_most(course.path(), &program);
        assert_eq!(remembered(&program), ["day01_x_y", "day02_x_y", "day05_x_y"]);
    }

    #[test]
    fn other_crates_are_not_our_business() {
        let all = ["day01_x_y", "day02_x_y", "day03_x_y", "day04_x_y_flawed", "plumbing", "day09_other"];
        let (course, program) = course(&all);
        forget_most(course.path(), &program);
        assert_eq!(remembered(&program).len(), all.len());
    }

    #[test]
    fn nothing_is_forgotten_while_cargo_compiles() {
        let (course, program) = course(&["day01_x_y_visible"]);
        let lock = File::create(program.with_file_name(".cargo-lock")).unwrap();
        lock.lock().unwrap();
        forget_most(course.path(), &program.with_file_name("deps").join("day01_x_y_visible-77"));
        assert_eq!(remembered(&program), ["day01_x_y_visible"]);
    }
}
