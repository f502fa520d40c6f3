//! A small course with three days, and the command in it.

use grader::{
    catalog::Catalog,
    work::{Stubs, Work, hash_of_stub},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

pub const DAYS: [&str; 3] = ["day01-one", "day02-two", "day03-three"];

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
hints = ["a nudge"]
"#;

/// A line that a solution shares with its stub, and one that it has alone.
pub const SHARED: &str = "let roadmap: Roadmap = serde_json::from_str(&text_of_the_file)?;";
pub const ANSWER: &str = "let ready = skills.iter().filter(|skill| skill.needs.iter().all(is_done));";
pub const MISTAKE: &str = "let ready = skills.iter().filter(|skill| skill.needs.iter().any(is_done));";
pub const HIDDEN: &str = "assert_eq!(plan.last(), Some(&\"the skill that only the hidden test knows\"));";
pub const CLAIM: &str = "fn plan_is_long() {";

/// A course, and a place for hand-outs of it.
pub struct Course {
    _folder: TempDir,
    root: PathBuf,
    pub out: PathBuf,
}

impl Course {
    pub fn new() -> Course {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        let course = Course { root: place("the course – день"), out: place("for learners"), _folder: folder };
        let members = ["exercises/day*", "solutions/day*", "grader"].map(|it| format!("    {it:?},\n")).concat();
        course.write("Cargo.toml", &format!("[workspace]\nresolver = \"3\"\nmembers = [\n{members}]\n"));
        course.write("LICENSE", "Do what you like.\n");
        course.write(".gitignore", "/target\n/.thirty\n");
        course.write("grader/Cargo.toml", &package("grader"));
        course.write("grader/src/lib.rs", "//! Grades.\n");
        course.write("grader/tests/attack.rs", "// for the course only\n");
        for day in DAYS {
            course.write_day(day);
        }
        let catalog = Catalog::read(&course.root).unwrap();
        let mut stubs = Stubs::of(&course.root).unwrap();
        for exercise in catalog.exercises() {
            let files = Work::of(&catalog, exercise).unwrap().files().unwrap();
            stubs.record(&exercise.id, hash_of_stub(&files)).unwrap();
        }
        course.cargo(&course.root, &["generate-lockfile", "--offline"]);
        course.git(&["init", "--quiet"]);
        course.commit();
        course
    }

    fn write_day(&self, day: &str) {
        let (exercise, solution) = (format!("exercises/{day}"), format!("solutions/{day}"));
        self.write(&format!("{exercise}/Cargo.toml"), &package(day));
        self.write(&format!("{exercise}/exercise.toml"), METADATA);
        self.write(&format!("{exercise}/README.md"), "# Tiny\n");
        self.write(&format!("{exercise}/src/main.rs"), &format!("fn main() {{\n    // {SHARED}\n    {SHARED}\n}}\n"));
        self.write(&format!("{exercise}/src/store.rs"), "// the store\n");
        self.write(&format!("{exercise}/tests/visible.rs"), "#[test]\nfn it_has_an_idea() {}\n");
        self.write(&format!("{solution}/Cargo.toml"), &package(&format!("{day}-solution")));
        self.write(&format!("{solution}/src/main.rs"), &format!("fn main() {{\n    {SHARED}\n    {ANSWER}\n}}\n"));
        self.write(&format!("{solution}/tests/hidden/mod.rs"), &format!("#[test]\n{CLAIM}\n    {HIDDEN}\n}}\n"));
        let patch = format!("--- a/src/main.rs\n+++ b/src/main.rs\n-    {ANSWER}\n+    {MISTAKE}\n");
        self.write(&format!("{solution}/flawed/any.patch"), &patch);
    }

    /// Writes a file of the course.
    pub fn write(&self, path: &str, text: &str) {
        write(&self.root.join(path), text);
    }

    /// Adds a line to a file of the course.
    pub fn add(&self, path: &str, line: &str) {
        let text = fs::read_to_string(self.root.join(path)).unwrap_or_default();
        self.write(path, &format!("{text}{line}\n"));
    }

    /// Replaces the stub of a day, and records it.
    pub fn replace_stub(&self, day: &str, path: &str, text: &str) {
        self.write(&format!("exercises/{day}/{path}"), text);
        let catalog = Catalog::read(&self.root).unwrap();
        let exercise = catalog.exercises().iter().find(|exercise| exercise.id == day).unwrap();
        let files = Work::of(&catalog, exercise).unwrap().files().unwrap();
        Stubs::of(&self.root).unwrap().record(day, hash_of_stub(&files)).unwrap();
        self.commit();
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", "the course"]);
    }

    pub fn git(&self, arguments: &[&str]) {
        let output = Command::new("git").current_dir(&self.root).args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    pub fn cargo(&self, folder: &Path, arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO")).current_dir(folder).args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The command, which has still to be started.
    pub fn handout(&self, out: &Path, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask-handout"));
        command.current_dir(&self.root).arg("--out").arg(out).args(more);
        command
    }

    /// What it says when it ends with this status.
    pub fn says(&self, code: i32, more: &[&str]) -> String {
        said(code, self.handout(&self.out, more).output().unwrap())
    }

    /// A file of the hand-out.
    pub fn given(&self, path: &str) -> String {
        fs::read_to_string(self.out.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Writes a file of the hand-out, as its owner would.
    pub fn learner_writes(&self, path: &str, text: &str) {
        write(&self.out.join(path), text);
    }
}

pub fn said(code: i32, output: Output) -> String {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

/// All files below a folder, by path.
pub fn all_files(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(root).sort_by_file_name() {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            files.push((path, fs::read(entry.path()).unwrap()));
        }
    }
    files
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn package(name: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\nautotests = false\n")
}
