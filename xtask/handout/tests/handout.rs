//! A hand-out of the course's first three days, from the command to a submission: it is built, its stubs fail, the solutions
//! pass its visible checkpoints, an update leaves them, and the course grades the folder.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use grader::{
    receipt::hash,
    report::{Outcome, Report},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

const DAYS: [&str; 3] = ["day01-roadmap-cli", "day02-log-analyzer", "day03-notes-api"];

/// The course, and a hand-out of it.
struct Desk {
    course: PathBuf,
    /// Always the same for a checkout, so that cargo knows what it has built there before.
    folder: PathBuf,
}

impl Desk {
    fn new() -> Desk {
        let course = fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap();
        let name = format!("handout-{}", &hash(course.as_os_str().as_encoded_bytes())[..16]);
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        // If it is somebody else's, this fails.
        fs::create_dir(&folder).unwrap();
        Desk { course, folder }
    }

    fn handout(&self) -> PathBuf {
        self.folder.join("handout")
    }

    /// The days' files in the hand-out, by path.
    fn sources(&self, day: &str) -> PathBuf {
        self.handout().join("exercises").join(day).join("src")
    }

    fn make(&self) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask-handout"));
        command.current_dir(&self.course).arg("--out").arg(self.handout()).args(["--days", "1-3"]).output().unwrap()
    }

    /// cargo in the hand-out. What the course has compiled of others' code is not compiled again; programs go elsewhere, so
    /// that they are not mistaken for the course's own.
    fn cargo(&self, arguments: &[&str]) -> Output {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(self.handout()).args(arguments);
        command.env("CARGO_BUILD_BUILD_DIR", target).env("CARGO_TARGET_DIR", self.folder.join("target"));
        command.env("CARGO_NET_OFFLINE", "true").output().unwrap()
    }

    /// The report on a grading in the hand-out.
    fn grade(&self) -> (Option<i32>, Report) {
        let output = self.cargo(&["xtask", "grade", "--format", "json"]);
        (output.status.code(), parse(&output))
    }

    /// Hands in the solutions where the stubs are.
    fn solve(&self) {
        for day in DAYS {
            let solution = self.course.join("solutions").join(day).join("src");
            let _ = fs::remove_dir_all(self.sources(day));
            for entry in walkdir::WalkDir::new(&solution) {
                let entry = entry.unwrap();
                let to = self.sources(day).join(entry.path().strip_prefix(&solution).unwrap());
                if entry.file_type().is_dir() {
                    fs::create_dir_all(to).unwrap();
                } else {
                    fs::copy(entry.path(), to).unwrap();
                }
            }
        }
    }

    fn is_solved(&self) -> bool {
        DAYS.iter().all(|day| {
            let main = Path::new("solutions").join(day).join("src/main.rs");
            fs::read(self.course.join(main)).unwrap() == fs::read(self.sources(day).join("main.rs")).unwrap()
        })
    }

    /// The hand-out as a submission to the course.
    fn submit(&self) -> (Option<i32>, Report) {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(&self.course).env("CARGO_TARGET_DIR", target).env("CARGO_NET_OFFLINE", "true");
        command.args(["xtask", "grade", "1", "2", "3", "--format", "json", "--submission"]).arg(self.handout());
        let output = command.output().unwrap();
        (output.status.code(), parse(&output))
    }
}

fn parse(output: &Output) -> Report {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

#[test]
fn three_days_are_handed_out_solved_updated_and_graded() {
    let desk = Desk::new();
    let made = desk.make();
    assert_eq!(made.status.code(), Some(0), "{}", words(&made));
    let metadata = desk.cargo(&["metadata", "--locked", "--offline", "--format-version", "1"]);
    assert!(metadata.status.success(), "{}", words(&metadata));

    let (code, report) = desk.grade();
    assert_eq!((code, report.days.len(), report.points), (Some(1), 3, 0));
    assert!(report.conditions.visible_only);
    assert!(report.days.iter().all(|day| day.build_failure.is_none() && day.outcome == Outcome::Failed));

    desk.solve();
    let (code, report) = desk.grade();
    let open = report.days.iter().flat_map(|day| &day.checkpoints).filter(|it| !it.verdict.is_passed());
    assert_eq!((code, open.map(|it| it.name.as_str()).collect::<Vec<_>>()), (Some(0), Vec::new()));
    assert!(report.days.iter().flat_map(|day| &day.checkpoints).flat_map(|it| &it.tests).all(|test| !test.hidden));

    // Twice: what a learner wrote is no obstacle, and nothing is left to be done.
    for _ in 0..2 {
        let made = desk.make();
        assert_eq!(made.status.code(), Some(0), "{}", words(&made));
        assert!(desk.is_solved(), "an update took a learner's work");
    }
    let list = words(&desk.cargo(&["xtask", "list"]));
    assert!(list.contains("3 of 3 days pass") && list.contains("Visible checkpoints only"), "{list}");
    for command in
        [&["solution", "1"][..], &["check"], &["peers"], &["cohort", "status", "x"], &["grade", "--solutions"]]
    {
        let refused = desk.cargo(&[&["xtask"], command].concat());
        assert_eq!(refused.status.code(), Some(2));
        let said = words(&refused);
        assert!(said.starts_with("error: this is a hand-out") && said.trim_end().lines().count() == 1, "{said}");
    }

    let (code, report) = desk.submit();
    assert_eq!((code, report.days_passed, &report.ignored_changes[..]), (Some(0), 3, &[][..]));
    assert!(!report.conditions.visible_only, "the course has graded with visible tests only");

    let stub = fs::read(desk.course.join("exercises/day01-roadmap-cli/src/main.rs")).unwrap();
    let reset = desk.cargo(&["xtask", "reset", "1"]);
    assert!(reset.status.success(), "{}", words(&reset));
    assert_eq!(fs::read(desk.sources(DAYS[0]).join("main.rs")).unwrap(), stub);
    fs::remove_dir_all(&desk.folder).unwrap();
}
