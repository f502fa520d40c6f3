//! A course, and submissions to it as files of their own.

use crate::course::{Course, id};
use grader::{
    catalog::Catalog,
    grade::{Containment, Request, Subject, grade_submission},
    report::Report,
    sandbox::{Launcher, Limits, Sandbox, SandboxTier},
    store::Verdicts,
    submission,
};
use std::{fs, path::Path};
use tempfile::TempDir;

/// A course with a day for each of some programs, and these programs as one submission.
pub struct Cohort {
    pub course: Course,
    pub submission: TempDir,
}

impl Cohort {
    pub fn new(name: &str, programs: &[(&str, String)]) -> Cohort {
        let read = |path: &str| {
            fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/attacks/course").join(path)).unwrap()
        };
        let stub = "//! The stub of every day.\n\nfn main() {}\n".to_owned();
        let stubs: Vec<_> = programs.iter().map(|(program, _)| (*program, stub.clone())).collect();
        let course = Course::of(name, &stubs, &read("exercise.toml"), &read("visible.rs"));
        let submission = tempfile::tempdir().unwrap();
        for (number, (program, source)) in programs.iter().enumerate() {
            let folder = submission.path().join("exercises").join(id(number, name, program)).join("src");
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("main.rs"), source).unwrap();
        }
        Cohort { course, submission }
    }

    pub fn grade(&self, sandbox: &Sandbox, verdicts: Option<&Verdicts>) -> Report {
        let catalog = Catalog::read(self.course.root()).unwrap();
        let exercises = catalog.select(&[]).unwrap();
        let source = self.submission.path().to_str().unwrap();
        let submission = submission::read(&catalog, &exercises, source, None).unwrap();
        let request = Request {
            subject: Subject::Submission(submission),
            checkpoint: None,
            jobs: 4,
            seed: 7,
            timeout_scale: 0.4,
            fail_fast: false,
            colour: false,
            cancel: None,
        };
        let launcher = launcher();
        let containment = Containment { sandbox, launcher: &launcher, verdicts };
        grade_submission(&catalog, &exercises, &request, &containment, &mut |_| {}).unwrap()
    }
}

fn launcher() -> Launcher {
    Launcher { executable: env!("CARGO_BIN_EXE_grader-launcher").into(), arguments: Vec::new() }
}

/// A sandbox with limits that are reached quickly.
pub fn sandbox(tier: Option<SandboxTier>) -> Sandbox {
    let limits = Limits { memory: 400 << 20, processes: 200, compile_seconds: 20, ..Limits::default() };
    Sandbox::new(launcher(), limits, tier).unwrap_or_else(|error| panic!("{error}"))
}
