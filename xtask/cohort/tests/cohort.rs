//! A made cohort, whose truth is known: whole, in shards, killed in the middle, and graded again.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "../../../grader/tests/graded/course.rs"]
mod course;

use course::{Course, id};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{Duration, Instant},
};

/// What learners hand in for a day, and how many points it earns there.
const PROGRAMS: [(&str, u64); 7] = [
    ("passes_all", ALL),
    ("passes_some", SOME),
    ("passes_none", 0),
    ("does_not_compile", 0),
    ("exits_at_start", 0),
    ("forges_results", 0),
    ("", 0),
];
const ALL: u64 = 110;
const SOME: u64 = 60;
const DAYS: usize = 2;

/// A course, and the submissions of a cohort to it.
struct Cohort {
    course: Course,
    folder: PathBuf,
    /// Points and whether there is a report, by id.
    truth: BTreeMap<String, (u64, bool)>,
}

impl Cohort {
    /// `size` learners, each with another mixture; the files of no two are the same.
    fn new(name: &str, size: usize) -> Cohort {
        let samples = course::repository().join("grader/tests");
        let read = |path: String| fs::read_to_string(samples.join(path)).unwrap();
        let stubs: Vec<_> = (0..DAYS).map(|day| (["a", "b"][day], "fn main() {}\n".to_owned())).collect();
        let course =
            Course::of(name, &stubs, &read("course/exercise.toml".to_owned()), &read("course/visible.rs".to_owned()));
        let _ = fs::remove_dir_all(course.root().join(".thirty"));
        let folder = course.root().join("cohort");
        let _ = fs::remove_dir_all(&folder);
        let mut cohort = Cohort { course, folder, truth: BTreeMap::new() };
        let mut roster = "id,name,email,submitted_at\n".to_owned();
        for number in 0..size {
            let learner = format!("learner-{number:03}");
            let late = if number % 5 == 0 { "2026-03-02T00:30:00Z" } else { "" };
            writeln!(roster, "{learner},\"=Zoë, {number}\",{learner}@example.org,{late}").unwrap();
            let truth = cohort.submit(&learner, number, &read);
            cohort.truth.insert(learner, truth);
        }
        cohort.write("roster.csv", &roster);
        cohort
    }

    fn submit(&self, learner: &str, number: usize, read: &impl Fn(String) -> String) -> (u64, bool) {
        match number % 10 {
            8 => return (0, false),
            9 => {
                self.write(&format!("submissions/{learner}.zip"), "PK no archive");
                return (0, false);
            }
            _ => {}
        }
        let mut points = 0;
        for day in 0..DAYS {
            let (program, worth) = PROGRAMS[(number + day * (1 + number / 7)) % PROGRAMS.len()];
            points += worth;
            let exercise = id(day, self.name(), ["a", "b"][day]);
            if !program.is_empty() {
                let source = format!("{}\n// {learner}\n", read(format!("submissions/{program}.rs")));
                self.write(&format!("submissions/{learner}/exercises/{exercise}/src/main.rs"), &source);
            }
        }
        let is_empty = !self.folder.join("submissions").join(learner).exists();
        (points, !is_empty)
    }

    fn name(&self) -> &str {
        self.course.root().file_name().unwrap().to_str().unwrap()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask-cohort"));
        command.current_dir(self.course.root()).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn grade(&self, out: &str, more: &[&str]) -> Command {
        let arguments = ["grade", "--roster", "cohort/roster.csv", "--submissions", "cohort/submissions", "--out", out];
        let due = ["--due", "2026-03-01T23:59:59Z", "--late", "50%/day"];
        let mut command = self.command(&arguments);
        command.args(due).args(more);
        command
    }

    /// The records in a folder, by id, without what no two runs share.
    fn records(&self, out: &str) -> BTreeMap<String, Value> {
        let reports = self.course.root().join(out).join("reports");
        let files = fs::read_dir(reports).unwrap().map(|entry| entry.unwrap().path());
        files.map(|path| (stem(&path), comparable(serde_json::from_slice(&fs::read(path).unwrap()).unwrap()))).collect()
    }

    /// Forgets all verdicts, so that the next run has to come to its own.
    fn forget(&self) {
        fs::remove_dir_all(self.course.root().join(".thirty")).unwrap();
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}

/// Without times, ports and process ids.
fn comparable(mut value: Value) -> Value {
    match &mut value {
        Value::Object(members) => {
            members.remove("millis");
            members.values_mut().for_each(|member| *member = comparable(member.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = comparable(item.take())),
        Value::String(text) if text.contains("127.0.0.1") => text.retain(|c| !c.is_ascii_digit()),
        _ => {}
    }
    value
}

#[track_caller]
fn expect_status(output: &Output, status: i32) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(output.status.code(), Some(status), "{}{}", text(&output.stdout), text(&output.stderr));
}

#[test]
fn every_verdict_is_the_truth_whole_and_in_shards_one_of_which_was_killed() {
    let cohort = Cohort::new("made", 30);
    expect_status(&cohort.grade("cohort/whole", &[]).output().unwrap(), 0);
    let whole = cohort.records("cohort/whole");
    assert_eq!(whole.len(), cohort.truth.len());
    for (id, (points, has_report)) in &cohort.truth {
        let report = &whole[id]["report"];
        assert_eq!(report.is_object(), *has_report, "{id}: {}", whole[id]["reason"]);
        assert_eq!(report["points"].as_u64().unwrap_or(0), *points, "{id}");
        assert_eq!(whole[id]["seconds_late"].as_u64().unwrap() > 0, id.ends_with(['0', '5']), "{id}");
    }

    cohort.forget();
    let mut folders = Vec::new();
    for index in 1..=3 {
        let (folder, shard) = (format!("cohort/shard-{index}"), format!("{index}/3"));
        if index == 2 {
            kill_in_the_middle(cohort.grade(&folder, &["--shard", &shard]), &cohort.course.root().join(&folder));
            expect_status(&cohort.run(&["status", "cohort/shard-1", "cohort/shard-2"]), 1);
        }
        expect_status(&cohort.grade(&folder, &["--shard", &shard]).output().unwrap(), 0);
        folders.push(folder);
    }
    let incomplete = cohort.run(&["merge", "cohort/shard-1", "cohort/shard-3", "--out", "cohort/merged"]);
    expect_status(&incomplete, 1);
    assert!(String::from_utf8_lossy(&incomplete.stdout).contains("learner-001"));
    expect_status(
        &cohort.run(&["merge", "cohort/shard-1", "cohort/shard-2", "cohort/shard-3", "--out", "cohort/merged"]),
        0,
    );
    assert_eq!(cohort.records("cohort/merged"), whole);
    expect_status(&cohort.run(&["status", "cohort/merged"]), 0);

    // Somebody whom the machine failed is there, but has no verdict.
    let path = cohort.course.root().join("cohort/merged/reports/learner-000.json");
    let mut record: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let checkpoint = &mut record["report"]["days"][0]["checkpoints"][0];
    checkpoint["verdict"] = "not_run".into();
    checkpoint["cause"] = "fault".into();
    checkpoint["reason"] = "the disk is full".into();
    fs::write(&path, record.to_string()).unwrap();
    let open = cohort.run(&["merge", "cohort/merged", "--out", "cohort/open"]);
    expect_status(&open, 75);
    assert!(
        String::from_utf8_lossy(&open.stdout)
            .contains("to be tried again, through no fault of the learner: learner-000")
    );
}

/// Kills a run as soon as it has written a record.
fn kill_in_the_middle(mut command: Command, folder: &Path) {
    let mut child = command.stderr(std::process::Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(120);
    while fs::read_dir(folder.join("reports")).map_or(0, Iterator::count) < 2 {
        assert!(Instant::now() < deadline && child.try_wait().unwrap().is_none(), "it was not caught in the middle");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_run_again_grades_nothing_and_a_regrade_names_who_changed_and_why() {
    let cohort = Cohort::new("again", 6);
    expect_status(&cohort.grade("cohort/out", &[]).output().unwrap(), 0);
    let again = cohort.grade("cohort/out", &[]).output().unwrap();
    expect_status(&again, 0);
    assert!(String::from_utf8_lossy(&again.stderr).contains("0 of 6 graded, 6 were graded before"));

    let other = cohort.grade("cohort/out", &["--seed", "31"]).output().unwrap();
    expect_status(&other, 2);
    assert!(String::from_utf8_lossy(&other.stderr).contains("another seed"));

    // The learner with nothing that passes hands in what passes.
    let exercise = id(0, "again", "a");
    let good = fs::read_to_string(course::repository().join("grader/tests/submissions/passes_all.rs")).unwrap();
    cohort.write(&format!("submissions/learner-002/exercises/{exercise}/src/main.rs"), &good);
    let regraded = cohort.run(&["regrade", "cohort/out", "--submissions", "cohort/submissions"]);
    expect_status(&regraded, 0);
    let said = String::from_utf8_lossy(&regraded.stdout).into_owned();
    assert!(
        said.contains("learner-002") && said.contains("another submission") && said.contains("-> passed"),
        "{said}"
    );
    assert!(said.contains("1 of 6 have other verdicts than before"), "{said}");
    let reports = |folder: &str| fs::read_dir(cohort.course.root().join(folder)).unwrap().count();
    assert_eq!(reports("cohort/out/before-1/reports"), 6);

    // As after a kill in the middle: it goes on, and compares with the same earlier reports.
    fs::remove_file(cohort.course.root().join("cohort/out/reports/learner-002.json")).unwrap();
    let regraded = cohort.run(&["regrade", "cohort/out", "--submissions", "cohort/submissions"]);
    expect_status(&regraded, 0);
    assert!(String::from_utf8_lossy(&regraded.stdout).contains("1 of 6 have other verdicts than before"));
    assert!(String::from_utf8_lossy(&regraded.stderr).contains("1 of 6 graded, 5 were graded before"));
    assert_eq!(reports("cohort/out/reports"), 6);
    assert!(!cohort.course.root().join("cohort/out/before-2").exists());
}

#[test]
fn gradebooks_hold_what_is_left_of_the_points() {
    let cohort = Cohort::new("books", 6);
    expect_status(&cohort.grade("cohort/out", &[]).output().unwrap(), 0);
    let output = cohort.run(&["export", "cohort/out", "--canvas"]);
    expect_status(&output, 0);
    let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
    assert_eq!(reader.headers().unwrap().get(2), Some("SIS User ID"));
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    for row in &rows {
        let (points, _) = cohort.truth[&row[2]];
        let is_late = row[2].ends_with(['0', '5']);
        let left = points as f64 * if is_late { 0.5 } else { 1.0 };
        assert_eq!(row[5].parse::<f64>().unwrap(), left, "{}", &row[2]);
        assert!(row[0].starts_with("'=Zoë, "), "a formula stays text: {}", &row[0]);
    }
    assert_eq!(rows.len(), 6);
}
