//! Where an instructor sits: a course, one submission to it, and the command line.

use crate::course::{Course, id};
use grader::report::Report;
use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

/// A course and a submission with a day for each of some sample programs.
pub struct Desk {
    course: Course,
    submission: TempDir,
    name: String,
}

impl Desk {
    /// `name` is the course's. Its tests are `tests`, a file of the grader's `tests/course`.
    pub fn new(name: &str, programs: &[&str], tests: &str) -> Desk {
        let read = |path: &str| fs::read_to_string(samples().join(path)).unwrap();
        let stubs: Vec<_> = programs.iter().map(|program| (*program, "fn main() {}\n".to_owned())).collect();
        let metadata = read("course/exercise.toml");
        let course = Course::of(name, &stubs, &metadata, &read(&format!("course/{tests}")));
        let desk = Desk { course, submission: tempfile::tempdir().unwrap(), name: name.to_owned() };
        // Nothing is known from earlier runs of this test.
        let _ = fs::remove_dir_all(desk.kept());
        for (number, program) in programs.iter().enumerate() {
            desk.submit(number, program, "src/main.rs", &read(&format!("submissions/{program}.rs")));
        }
        desk
    }

    /// Puts a file into the exercise of a program.
    pub fn submit(&self, number: usize, program: &str, path: &str, text: &str) {
        self.write(&format!("exercises/{}/{path}", id(number, &self.name, program)), text);
    }

    /// Puts a file into the submission.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.submission.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The folder of the course.
    pub fn root(&self) -> &Path {
        self.course.root()
    }

    /// The folder of the submission.
    pub fn submission(&self) -> &Path {
        self.submission.path()
    }

    /// Where the course keeps verdicts.
    pub fn kept(&self) -> PathBuf {
        self.course.root().join(".thirty")
    }

    /// `cargo xtask grade --submission …`, to be run in the course.
    pub fn grade(&self) -> Command {
        let mut command = self.xtask(["grade", "--format", "json", "--submission"]);
        command.arg(self.submission.path());
        command
    }

    /// Runs a command whose temporary folder is a disk of so many bytes.
    pub fn on_a_disk_of(&self, bytes: u64, command: &Command) -> Output {
        let disk = tempfile::tempdir().unwrap();
        let mut wrapped = Command::new("bwrap");
        wrapped.current_dir(self.root()).args(["--dev-bind", "/", "/", "--size", &bytes.to_string(), "--tmpfs"]);
        wrapped.arg(disk.path()).arg("--setenv").arg("TMPDIR").arg(disk.path()).arg("--");
        wrapped.arg(command.get_program()).args(command.get_args()).output().unwrap()
    }

    /// Another command.
    pub fn xtask(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.current_dir(self.course.root()).args(arguments);
        command
    }
}

/// What a command ended with: its status and its report.
pub fn report(command: &mut Command) -> (i32, Report) {
    let output = command.output().unwrap();
    match serde_json::from_slice(&output.stdout) {
        Ok(report) => (output.status.code().unwrap(), report),
        Err(error) => panic!("no report ({error}): {}", words(&output)),
    }
}

/// Everything that a command said, and its status.
pub fn words(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}{}", text(&output.stdout), text(&output.stderr), output.status)
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("grader/tests")
}
