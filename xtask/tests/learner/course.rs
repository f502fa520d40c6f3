//! A checkout with one day, and the command line in it.

use grader::{
    catalog::Catalog,
    work::{Stubs, Work, hash_of_stub},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{Duration, Instant},
};
use tempfile::TempDir;

const METADATA: &str = r#"
title = "Tiny"
week = 1
kind = "command"
themes = []
minutes = 60
editable = ["src/**"]

[[checkpoint]]
name = "idea"
tier = "core"
points = 100
summary = "It has an idea"
hints = ["first nudge", "second nudge"]
"#;

/// A course on a path with a space and letters that are not ASCII.
pub struct Course {
    _folder: TempDir,
    root: PathBuf,
}

/// The command line's executable.
pub fn program() -> &'static str {
    env!("CARGO_BIN_EXE_xtask")
}

pub fn owned((path, text): (&str, &str)) -> (String, String) {
    (path.to_owned(), text.to_owned())
}

impl Course {
    /// A course whose stub has these files, recorded and committed.
    pub fn new(stub: &[(&str, &str)]) -> Course {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("mein Kurs – день");
        let course = Course { _folder: folder, root };
        fs::create_dir_all(course.path("exercises/day03-tiny")).unwrap();
        fs::write(course.path("Cargo.toml"), "[workspace]\n").unwrap();
        fs::write(course.path(".gitignore"), "/.thirty\n").unwrap();
        fs::write(course.path("exercises/day03-tiny/exercise.toml"), METADATA).unwrap();
        for (path, text) in stub {
            course.put(path, text);
        }
        let catalog = Catalog::read(&course.root).unwrap();
        let work = Work::of(&catalog, &catalog.exercises()[0]).unwrap();
        let mut stubs = Stubs::of(&course.root).unwrap();
        stubs.record("day03-tiny", hash_of_stub(&work.files().unwrap())).unwrap();
        course.git(&["init", "--quiet"]);
        course.commit("the course");
        course
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", message]);
    }

    fn git(&self, arguments: &[&str]) {
        let output = self.run(Command::new("git").args(arguments));
        assert!(output.status.success(), "{output:?}");
    }

    /// Writes a file of the day.
    pub fn put(&self, path: &str, text: &str) {
        let path = self.path("exercises/day03-tiny").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path("exercises/day03-tiny").join(path)).unwrap()
    }

    /// All files of the day's `src`, by path.
    pub fn files(&self) -> Vec<(String, String)> {
        let mut files = Vec::new();
        collect(&self.path("exercises/day03-tiny"), "src", &mut files);
        files.sort();
        files
    }

    pub fn run(&self, command: &mut Command) -> Output {
        command.current_dir(&self.root).output().unwrap()
    }

    /// What it says when it ends well.
    pub fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(Command::new(program()).args(arguments));
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What it complains about when it could not do it.
    pub fn fail(&self, arguments: &[&str]) -> String {
        let output = self.run(Command::new(program()).args(arguments));
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// How long it takes when nothing disturbs it.
    pub fn timed(&self, arguments: &[&str]) -> Duration {
        let begin = Instant::now();
        self.succeed(arguments);
        begin.elapsed()
    }

    /// Starts it, and kills it after that time wherever it is.
    pub fn kill_after(&self, arguments: &[&str], time: Duration) {
        let mut child = Command::new(program()).args(arguments).current_dir(&self.root).spawn().unwrap();
        let begin = Instant::now();
        while begin.elapsed() < time && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        let _ = child.kill();
        child.wait().unwrap();
    }
}

fn collect(root: &Path, inside: &str, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(root.join(inside)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{inside}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            collect(root, &path, files);
        } else {
            files.push((path, fs::read_to_string(entry.path()).unwrap()));
        }
    }
}
