//! An update brings what is new, and leaves what a learner wrote.

use crate::course::{Course, all_files};
use std::{
    fs,
    process::Stdio,
    time::{Duration, Instant},
};

const MAIN: &str = "exercises/day01-one/src/main.rs";
const WORK: &str = "fn main() { println!(\"work of a whole evening\") }\n";

#[test]
fn more_days_come_and_what_was_written_stays() {
    let course = Course::new();
    course.says(0, &["--days", "1"]);
    course.learner_writes(MAIN, WORK);
    course.learner_writes("exercises/day01-one/src/own.rs", "// mine\n");
    course.learner_writes("notes/today.md", "# Learnt\n");
    let said = course.says(0, &["--days", "1-3"]);
    assert!(said.contains("one day has a learner's work") && !said.contains("newer stub"), "{said}");
    assert_eq!((course.given(MAIN).as_str(), course.given("notes/today.md").as_str()), (WORK, "# Learnt\n"));
    assert_eq!(course.given("exercises/day01-one/src/own.rs"), "// mine\n");
    assert!(course.given("exercises/day03-three/src/main.rs").contains("fn main"));
    assert!(course.given("README.md").contains("all 3 days"));
}

#[test]
fn days_are_never_taken_back() {
    let course = Course::new();
    course.says(0, &["--days", "1-2"]);
    let before = all_files(&course.out);
    assert!(course.says(2, &["--days", "2-3"]).contains("day01-one was handed out already"));
    assert_eq!(all_files(&course.out), before);
}

#[test]
fn a_stub_is_replaced_whole_where_nobody_has_begun_and_left_whole_where_somebody_has() {
    let course = Course::new();
    course.says(0, &[]);
    course.learner_writes(MAIN, WORK);
    for day in ["day01-one", "day02-two"] {
        course.replace_stub(day, "src/store.rs", "// a better store\n");
    }
    let said = course.says(0, &[]);
    assert!(said.contains("day 01 has a newer stub") && !said.contains("day 02"), "{said}");
    assert_eq!(course.given(MAIN), WORK);
    assert_eq!(course.given("exercises/day01-one/src/store.rs"), "// the store\n");
    assert_eq!(course.given("exercises/day02-two/src/store.rs"), "// a better store\n");
    assert_eq!(course.given(".handout/stubs/day01-one/src/store.rs"), "// a better store\n");
}

#[test]
fn a_removed_file_of_the_stub_is_work_and_a_removed_file_of_the_course_comes_back() {
    let course = Course::new();
    course.says(0, &[]);
    for path in ["exercises/day01-one/src/store.rs", "exercises/day02-two/README.md"] {
        fs::remove_file(course.out.join(path)).unwrap();
    }
    assert!(course.says(0, &[]).contains("there again: exercises/day02-two/README.md"));
    assert!(!course.out.join("exercises/day01-one/src/store.rs").exists());
}

#[test]
fn a_file_of_the_course_that_was_changed_by_hand_is_reported_and_replaced_only_when_asked_to() {
    let course = Course::new();
    course.says(0, &[]);
    let tests = "exercises/day01-one/tests/visible.rs";
    course.learner_writes(tests, "#[test]\nfn mine() {}\n");
    course.add(tests, "// a new version");
    course.commit();
    assert!(course.says(1, &[]).contains(&format!("changed by hand, and left as it is: {tests}")));
    assert_eq!(course.given(tests), "#[test]\nfn mine() {}\n");
    course.says(0, &["--replace"]);
    assert!(course.given(tests).contains("a new version"));
    assert_eq!(course.given(&format!(".handout/replaced/1/{tests}")), "#[test]\nfn mine() {}\n");
}

#[test]
fn a_file_that_the_course_gives_up_goes_unless_somebody_changed_it() {
    let course = Course::new();
    course.write("grader/src/old.rs", "// old\n");
    course.write("grader/src/older.rs", "// older\n");
    course.commit();
    course.says(0, &[]);
    course.learner_writes("grader/src/older.rs", "// mine\n");
    course.git(&["rm", "--quiet", "grader/src/old.rs", "grader/src/older.rs"]);
    course.commit();
    assert!(course.says(1, &[]).contains("left as it is: grader/src/older.rs"));
    assert!(!course.out.join("grader/src/old.rs").exists());
    assert_eq!(course.given("grader/src/older.rs"), "// mine\n");
}

#[test]
fn a_run_that_is_killed_at_any_moment_loses_nothing_and_is_just_started_again() {
    let course = Course::new();
    let begin = Instant::now();
    course.says(0, &["--days", "1-2"]);
    let whole = begin.elapsed();
    for step in 1..=8_u32 {
        fs::remove_dir_all(&course.out).unwrap();
        kill(&course, "1-2", whole * step / 8);
        course.says(0, &["--days", "1-2"]);
        assert!(course.given(MAIN).contains("fn main") && !course.out.join(".handout/pending").exists(), "step {step}");
    }
    course.learner_writes(MAIN, WORK);
    for step in 1..=12_u32 {
        // Every round has something to write: a page, a stub that nobody has begun, and once a new day.
        course.add("exercises/day01-one/README.md", &format!("Round {step}."));
        course.replace_stub("day02-two", "src/store.rs", &format!("// store {step}\n"));
        let days = if step < 6 { "1-2" } else { "1-3" };
        kill(&course, days, whole * step / 12);
        assert_eq!(course.given(MAIN), WORK, "step {step}");
        // Other versions come before anybody lets it come to its end.
        course.add("exercises/day01-one/README.md", "Again.");
        kill(&course, days, whole * step / 12);
        course.replace_stub("day02-two", "src/store.rs", &format!("// store {step} and a half\n"));
        course.says(0, &["--days", days]);
        assert_eq!(course.given("exercises/day02-two/src/store.rs"), format!("// store {step} and a half\n"));
        assert!(course.given("exercises/day01-one/README.md").ends_with("Again.\n"));
        assert_eq!(course.given(MAIN), WORK, "step {step}");
    }
}

/// Starts it, and kills it after that time wherever it is.
fn kill(course: &Course, days: &str, time: Duration) {
    let begin = Instant::now();
    let mut child = course.handout(&course.out, &["--days", days]).stdout(Stdio::null()).spawn().unwrap();
    while begin.elapsed() < time && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    let _ = child.kill();
    child.wait().unwrap();
}
