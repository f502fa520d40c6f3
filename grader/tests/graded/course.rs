//! A course made for the occasion: one day for each sample submission, all with the same tests.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A generated course. It stays where it is between runs, so that cargo has to build it only once.
pub struct Course {
    root: PathBuf,
}

impl Course {
    /// A course called `name` in which each submission is the stub of a day, with `tests` (a file of `tests/course`).
    #[allow(dead_code, reason = "the attacks make their course of other parts")]
    pub fn with(name: &str, submissions: &[&str], tests: &str) -> Course {
        let read = |path: &str| fs::read_to_string(package().join("tests").join(path)).unwrap();
        let stubs: Vec<_> = submissions.iter().map(|it| (*it, read(&format!("submissions/{it}.rs")))).collect();
        Course::of(name, &stubs, &read("course/exercise.toml"), &read(&format!("course/{tests}")))
    }

    /// A course called `name` with a day for each of `stubs`, a name and the source of its program, and with the same
    /// metadata and tests for all.
    pub fn of(name: &str, stubs: &[(&str, String)], metadata: &str, tests: &str) -> Course {
        let repository = repository();
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("courses").join(name);
        let root = Course { root };
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        // Registry dependencies that the repository has built already are not built again.
        root.write(".cargo/config.toml", &format!("[build]\ntarget-dir = {:?}\n", target.display().to_string()));
        let harness = package().join("harness").display().to_string();
        root.write(
            "Cargo.toml",
            &format!(
                "[workspace]\nresolver = \"3\"\nmembers = [\"exercises/*\"]\n\n[workspace.dependencies]\n\
                 harness = {{ path = {harness:?} }}\n\n[profile.dev]\ndebug = 0\nincremental = false\n"
            ),
        );
        if !root.root.join("Cargo.lock").exists() {
            fs::copy(repository.join("Cargo.lock"), root.root.join("Cargo.lock")).unwrap();
        }
        // A day of an earlier version of the test would be one of the course.
        let days: Vec<_> = stubs.iter().enumerate().map(|(number, (stub, _))| id(number, name, stub)).collect();
        for day in fs::read_dir(root.root.join("exercises")).into_iter().flatten().flatten() {
            if !days.iter().any(|known| day.file_name() == known.as_str()) {
                fs::remove_dir_all(day.path()).unwrap();
            }
        }
        for (number, (stub, source)) in stubs.iter().enumerate() {
            let id = id(number, name, stub);
            root.write(
                &format!("exercises/{id}/Cargo.toml"),
                &format!(
                    "[package]\nname = \"{id}\"\nedition = \"2024\"\nautotests = false\n\n[[bin]]\nname = \"{id}\"\n\
                     path = \"src/main.rs\"\ntest = false\n\n[[test]]\nname = \"{id}-visible\"\n\
                     path = \"tests/visible.rs\"\n\n[dev-dependencies]\nharness.workspace = true\n"
                ),
            );
            root.write(&format!("exercises/{id}/exercise.toml"), metadata);
            root.write(&format!("exercises/{id}/src/main.rs"), source);
            root.write(&format!("exercises/{id}/tests/visible.rs"), tests);
        }
        root
    }

    /// Its folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Writes a file, but leaves one that is the same as it is: cargo looks at times.
    fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            return;
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
}

/// The package `grader`, also when this is part of another package's tests.
fn package() -> PathBuf {
    repository().join("grader")
}

/// The tests of several packages include this file.
pub fn repository() -> &'static Path {
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    folders.find(|folder| folder.join("Cargo.lock").is_file()).unwrap()
}

/// Programs of all courses are built into one folder, so the course is part of their names.
pub fn id(number: usize, course: &str, submission: &str) -> String {
    format!("day{:02}-{course}-{submission}", number + 1).replace('_', "-")
}

/// The names of the programs of the course in `folder`.
#[allow(dead_code, reason = "not every test looks for processes by these names")]
pub fn programs(folder: &Path) -> Vec<String> {
    let days = fs::read_dir(folder.join("exercises")).unwrap().flatten();
    days.map(|day| day.file_name().to_string_lossy().into_owned()).collect()
}
