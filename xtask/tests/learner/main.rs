//! What a learner wrote is never lost: `reset`, its undo, a kill in the middle, a full disk. And the other commands of
//! the learner's day, on a path with spaces and letters from elsewhere.
//!
//! Each test has a course of its own: the command line's executable, and a small checkout with one day.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod course;

use course::Course;
use std::{fs, process::Command};

const STUB: &str = "fn main() { todo!() }\n";
const WORK: &str = "fn main() { println!(\"work of a whole evening\") }\n";

fn course() -> Course {
    let course = Course::new(&[("src/main.rs", STUB), ("src/store.rs", "// stub\n")]);
    course.put("src/main.rs", WORK);
    course.put("src/own/module.rs", "// mine\n");
    course
}

#[test]
fn reset_puts_the_stub_back_and_undo_brings_everything_back() {
    let course = course();
    course.commit("my work");
    let before = course.files();
    let said = course.succeed(&["reset", "3"]);
    assert!(said.contains(".thirty/backups/day03-tiny/0001"), "{said}");
    assert_eq!(course.files(), [("src/main.rs", STUB), ("src/store.rs", "// stub\n")].map(course::owned));
    course.succeed(&["reset", "3", "--undo"]);
    assert_eq!(course.files(), before);
    // The undo can be undone as well.
    course.succeed(&["reset", "3", "--undo"]);
    assert_eq!(course.read("src/main.rs"), STUB);
}

#[test]
fn reset_of_what_is_the_stub_changes_nothing() {
    let course = Course::new(&[("src/main.rs", STUB)]);
    assert!(course.succeed(&["reset", "3"]).contains("already"));
    assert!(!course.path(".thirty/backups").exists());
    assert!(course.fail(&["reset", "3", "--undo"]).contains("no backup"));
}

#[test]
fn diff_shows_what_was_written() {
    let course = course();
    let diff = course.succeed(&["diff", "3"]);
    assert!(diff.contains("+fn main() { println!(\"work of a whole evening\") }"), "{diff}");
    assert!(diff.contains("yours/src/own/module.rs"), "{diff}");
}

#[test]
fn a_stub_that_is_in_no_commit_is_said_and_nothing_changes() {
    let course = course();
    fs::write(course.path("exercises/stubs.toml"), "day03-tiny = \"00\"\n").unwrap();
    let before = course.files();
    assert!(course.fail(&["reset", "3"]).contains("cannot be found"));
    assert_eq!(course.files(), before);
}

#[test]
fn in_a_hand_out_the_stub_comes_from_its_own_copy_and_solutions_from_nowhere() {
    let course = course();
    let before = course.files();
    fs::remove_dir_all(course.path(".git")).unwrap();
    let copy = course.path(".handout/stubs/day03-tiny/src");
    fs::create_dir_all(&copy).unwrap();
    fs::write(course.path("handout.toml"), "version = 1\ncourse = \"c\"\ndays = []\n[files]\n").unwrap();
    fs::write(copy.join("store.rs"), "// stub\n").unwrap();
    fs::write(copy.join("main.rs"), "fn main() { forged() }\n").unwrap();
    assert!(course.fail(&["reset", "3"]).contains("was changed"));
    assert_eq!(course.files(), before);
    fs::write(copy.join("main.rs"), STUB).unwrap();
    course.succeed(&["reset", "3"]);
    assert_eq!(course.files(), [("src/main.rs", STUB), ("src/store.rs", "// stub\n")].map(course::owned));
    assert!(course.succeed(&["list"]).contains("Visible checkpoints only"));
    for command in [
        &["solution", "3", "--anyway"][..],
        &["check"],
        &["mutants"],
        &["soak", "--runs", "1"],
        &["peers"],
        &["cohort", "status", "x"],
        &["handout"],
    ] {
        let said = course.fail(command);
        assert!(said.starts_with("error: this is a hand-out") && said.trim_end().lines().count() == 1, "{said}");
    }
}

#[test]
#[cfg(unix)]
fn a_link_among_the_files_stops_reset_before_anything_changes() {
    let course = course();
    let elsewhere = course.path("elsewhere.rs");
    fs::write(&elsewhere, "// not in the exercise\n").unwrap();
    std::os::unix::fs::symlink(&elsewhere, course.path("exercises/day03-tiny/src/link.rs")).unwrap();
    assert!(course.fail(&["reset", "3"]).contains("symbolic link"));
    assert_eq!(course.read("src/main.rs"), WORK);
    assert_eq!(fs::read_to_string(elsewhere).unwrap(), "// not in the exercise\n");
}

#[test]
#[cfg(unix)]
fn nothing_is_lost_when_reset_is_killed_at_any_moment() {
    let course = course();
    for number in 0..40 {
        let name = format!("src/module{number}.rs");
        course.put(&name, &format!("// {number}\n{}", "x".repeat(2000)));
    }
    let before = course.files();
    let stub = [("src/main.rs", STUB), ("src/store.rs", "// stub\n")].map(course::owned);
    let whole = course.timed(&["reset", "3"]);
    course.succeed(&["reset", "3", "--undo"]);
    assert_eq!(course.files(), before);
    for step in 0..20 {
        course.kill_after(&["reset", "3"], whole * step / 20);
        let now = course.files();
        // Untouched, done, or on the way: then a backup has every file, and undo brings all of them back.
        if now != before {
            course.succeed(&["reset", "3", "--undo"]);
            if course.files() != before {
                // The kill came after the stub was complete in the round before, so one more step back is needed.
                assert_eq!(course.files(), stub, "step {step}");
                course.succeed(&["reset", "3", "--undo"]);
            }
        }
        assert_eq!(course.files(), before, "step {step}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_stops_reset_before_anything_changes() {
    let course = course();
    let before = course.files();
    // A limit on the size of files is the disk that every test can have.
    let script = "ulimit -f 0; trap '' XFSZ; exec \"$0\" reset 3";
    let output = course.run(Command::new("sh").args(["-c", script]).arg(course::program()));
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(course.files(), before);
}

#[test]
fn hints_come_one_at_a_time() {
    let course = course();
    let hint = || course.succeed(&["hint", "3", "idea"]);
    assert!(hint().contains("first nudge"));
    assert!(hint().contains("second nudge"));
    assert!(hint().contains("second nudge"));
    assert!(course.succeed(&["hint", "3", "idea", "--again"]).contains("first nudge"));
    fs::write(course.path(".thirty/hints.json"), "torn{").unwrap();
    assert!(hint().contains("first nudge"));
    assert!(course.fail(&["hint", "3", "ideas"]).contains("it has idea"));
}

#[test]
fn a_damaged_report_is_named_and_passed_over() {
    let course = course();
    fs::create_dir_all(course.path(".thirty/days")).unwrap();
    fs::write(course.path(".thirty/days/day03-tiny.json"), "{\"version\": 1, torn").unwrap();
    for command in [&[][..], &["list"], &["next"]] {
        let said = course.succeed(command);
        assert!(said.contains("day03-tiny.json cannot be read"), "{command:?}: {said}");
        assert!(said.contains("Tiny"), "{command:?}: {said}");
    }
}

#[test]
fn the_solution_is_shown_when_the_day_passes_or_when_asked_for_all_the_same() {
    let course = course();
    assert!(course.fail(&["solution", "3"]).contains("without solutions"));
    fs::create_dir_all(course.path("solutions/day03-tiny/src")).unwrap();
    fs::write(course.path("solutions/day03-tiny/src/main.rs"), "fn main() { answer() }\n").unwrap();
    assert!(course.fail(&["solution", "3"]).contains("does not pass yet"));
    assert!(course.succeed(&["solution", "3", "--anyway"]).contains("answer()"));
    assert!(course.succeed(&["solution", "3", "--anyway", "--diff"]).contains("-fn main() { println!"));
}

#[test]
fn a_page_is_made_where_nothing_is_graded_yet() {
    let course = course();
    course.succeed(&["report", "--html"]);
    let page = fs::read_to_string(course.path(".thirty/report.html")).unwrap();
    assert!(page.contains("0 of 1") && page.contains("not begun"), "{page}");
}

/// Says what it got, and whether what it depends on has the feature that only tests want.
const TALKER: &str = r#"
fn main() {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let input = std::io::read_to_string(std::io::stdin()).unwrap();
    println!("{words:?} {input:?} {}", shared::HAS_WHAT_TESTS_WANT);
    std::process::exit(7);
}
"#;

#[test]
fn run_starts_the_program_with_the_features_that_tests_want_and_adds_nothing_to_its_output() {
    let course = Course::new(&[("src/main.rs", TALKER)]);
    let package = |name: &str, rest: &str| format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n{rest}");
    let shared = r#"{ path = "../../grader/shared" }"#;
    let wanting = r#"{ path = "../shared", features = ["wanted"] }"#;
    let same = "[[test]]\nname = \"same-features\"\npath = \"src/lib.rs\"\n";
    for (path, text) in [
        ("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"exercises/*\", \"grader/*\"]\n".to_owned()),
        ("exercises/day03-tiny/Cargo.toml", package("day03-tiny", &format!("[dependencies]\nshared = {shared}\n"))),
        ("grader/shared/Cargo.toml", package("shared", "[features]\nwanted = []\n")),
        ("grader/shared/src/lib.rs", "pub const HAS_WHAT_TESTS_WANT: bool = cfg!(feature = \"wanted\");\n".to_owned()),
        ("grader/tests/Cargo.toml", package("tests", &format!("[dev-dependencies]\nshared = {wanting}\n"))),
        ("grader/tests/src/lib.rs", String::new()),
        ("grader/same-features/Cargo.toml", package("same-features", same)),
        ("grader/same-features/src/lib.rs", String::new()),
    ] {
        fs::create_dir_all(course.path(path).parent().unwrap()).unwrap();
        fs::write(course.path(path), text).unwrap();
    }
    fs::write(course.path("input"), "from a file").unwrap();
    let input = fs::File::open(course.path("input")).unwrap();
    let mut command = Command::new(course::program());
    let output = course.run(command.args(["run", "3", "--", "--listen", "a b"]).stdin(input));
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said, "[\"--listen\", \"a b\"] \"from a file\" true\n", "{output:?}");
    assert_eq!(output.status.code(), Some(7), "the exit status is the program's");

    course.put("src/main.rs", "fn main() { no_such_thing() }\n");
    let output = course.run(Command::new(course::program()).args(["run", "3"]));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no_such_thing"), "{output:?}");
    assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(1), true), "{output:?}");
}
