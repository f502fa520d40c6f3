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
    pub fn with(name: &str, submissions: &[&str], tests: &str) -> Course {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let repository = package.parent().unwrap();
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("courses").join(name);
        let root = Course { root };
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        // Registry dependencies that the repository has built already are not built again.
        root.write(".cargo/config.toml", &format!("[build]\ntarget-dir = {:?}\n", target.display().to_string()));
        let harness = package.join("harness").display().to_string();
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
        let read = |path: &str| fs::read_to_string(package.join("tests").join(path)).unwrap();
        for (number, submission) in submissions.iter().enumerate() {
            let id = id(number, name, submission);
            root.write(
                &format!("exercises/{id}/Cargo.toml"),
                &format!(
                    "[package]\nname = \"{id}\"\nedition = \"2024\"\nautotests = false\n\n[[bin]]\nname = \"{id}\"\n\
                     path = \"src/main.rs\"\ntest = false\n\n[[test]]\nname = \"{id}-visible\"\n\
                     path = \"tests/visible.rs\"\n\n[dev-dependencies]\nharness.workspace = true\n"
                ),
            );
            root.write(&format!("exercises/{id}/exercise.toml"), &read("course/exercise.toml"));
            root.write(&format!("exercises/{id}/src/main.rs"), &read(&format!("submissions/{submission}.rs")));
            root.write(&format!("exercises/{id}/tests/visible.rs"), &read(&format!("course/{tests}")));
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

/// Programs of all courses are built into one folder, so the course is part of their names.
fn id(number: usize, course: &str, submission: &str) -> String {
    format!("day{:02}-{course}-{submission}", number + 1).replace('_', "-")
}

/// The names of the programs of the course in `folder`.
pub fn programs(folder: &Path) -> Vec<String> {
    let days = fs::read_dir(folder.join("exercises")).unwrap().flatten();
    days.map(|day| day.file_name().to_string_lossy().into_owned()).collect()
}
