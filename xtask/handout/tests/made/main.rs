//! Hand-outs of a small course: what is in them, what never is, and that updates take nothing from learners.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod course;
mod leaks;
mod updates;

use course::{Course, DAYS, all_files, said};
use grader::handout::Manifest;
use std::fs;

#[test]
fn a_hand_out_has_the_chosen_days_and_nothing_that_stays_in_the_course() {
    let course = Course::new();
    course.says(0, &["--days", "1-2"]);
    let files = all_files(&course.out);
    let paths: Vec<_> = files.iter().map(|(path, _)| path.as_str()).collect();
    for path in
        ["exercises/day02-two/src/main.rs", "exercises/day01-one/tests/visible.rs", "grader/src/lib.rs", "LICENSE"]
    {
        assert!(paths.contains(&path), "{path} is missing");
    }
    for path in &paths {
        let is_back = |part: &str| ["solutions", "hidden", "flawed", "day03-three"].contains(&part);
        assert!(!path.split('/').any(is_back) && !path.starts_with("grader/tests"), "{path}");
    }
    let readme = course.given("README.md");
    assert!(
        readme.contains("2 of 3 days") && readme.contains("day02-two") && !readme.contains("day03-three"),
        "{readme}"
    );
    assert!(!course.given("exercises/stubs.toml").contains("day03-three"));
}

#[test]
fn the_lockfile_is_the_courses_own_without_what_is_not_there() {
    let course = Course::new();
    course.says(0, &["--days", "1"]);
    let metadata = course.cargo(&course.out, &["metadata", "--locked", "--offline", "--format-version", "1"]);
    assert!(metadata.contains("day01-one"));
    let lock = course.given("Cargo.lock");
    assert!(lock.contains("day01-one") && !lock.contains("solution") && !lock.contains("day02"), "{lock}");
}

#[test]
fn the_manifest_names_the_commit_and_every_file() {
    let course = Course::new();
    course.says(0, &[]);
    let manifest = Manifest::read(&course.out).unwrap().unwrap();
    assert_eq!((manifest.course.len(), manifest.days), (40, DAYS.map(str::to_owned).to_vec()));
    for (path, bytes) in all_files(&course.out).into_iter().filter(|(path, _)| path != "handout.toml") {
        assert_eq!(manifest.files.get(&path), Some(&grader::handout::hash(&bytes)), "{path}");
    }
}

#[test]
fn a_day_that_was_solved_in_the_course_is_handed_out_as_the_stub() {
    let course = Course::new();
    let stub = fs::read_to_string(course.root().join("exercises/day01-one/src/main.rs")).unwrap();
    course.write("exercises/day01-one/src/main.rs", "fn main() { solved() }\n");
    course.commit();
    course.says(0, &[]);
    assert_eq!(course.given("exercises/day01-one/src/main.rs"), stub);
    assert_eq!(course.given(".handout/stubs/day01-one/src/main.rs"), stub);
}

#[test]
fn what_git_does_not_know_is_not_handed_out() {
    let course = Course::new();
    course.write("exercises/day01-one/notes-of-mine.md", "the exam is on Friday\n");
    course.write("grader/src/draft.rs", "// not yet\n");
    course.says(0, &[]);
    let paths: Vec<_> = all_files(&course.out).into_iter().map(|(path, _)| path).collect();
    assert!(!paths.iter().any(|path| path.ends_with("mine.md") || path.ends_with("draft.rs")), "{paths:?}");
}

#[test]
fn a_folder_that_is_not_for_it_is_refused_and_stays_as_it_is() {
    let course = Course::new();
    let inside = course.root().join("handed-out");
    assert!(said(2, course.handout(&inside, &[]).output().unwrap()).contains("no part of the course"));
    assert!(!inside.exists());
    let around = course.root().parent().unwrap();
    assert!(said(2, course.handout(around, &[]).output().unwrap()).contains("no part of the course"));
    course.learner_writes("thesis.txt", "all of it");
    assert!(course.says(2, &[]).contains("no hand-out"));
    assert_eq!(all_files(&course.out), [("thesis.txt".to_owned(), b"all of it".to_vec())]);
}

#[test]
fn a_hand_out_may_begin_in_an_empty_repository() {
    let course = Course::new();
    course.learner_writes(".git/HEAD", "ref: refs/heads/main\n");
    course.says(0, &["--days", "1"]);
    assert_eq!(course.given(".git/HEAD"), "ref: refs/heads/main\n");
}

#[test]
#[cfg(unix)]
fn nothing_is_written_through_a_link() {
    let course = Course::new();
    course.says(0, &["--days", "1"]);
    let elsewhere = course.out.with_file_name("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, course.out.join("exercises/day02-two")).unwrap();
    assert!(course.says(2, &["--days", "1-2"]).contains("symbolic link"));
    assert_eq!(all_files(&elsewhere), []);
}

#[test]
#[cfg(unix)]
fn a_link_of_the_course_is_not_followed() {
    let course = Course::new();
    let link = course.root().join("exercises/day01-one/tests/more.rs");
    std::os::unix::fs::symlink("../../../solutions/day01-one/src/main.rs", link).unwrap();
    course.commit();
    assert!(course.says(2, &[]).contains("tests/more.rs is no regular file"));
}
