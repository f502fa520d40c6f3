//! A line that is not for learners is found wherever it was planted, and nothing is handed out then.

use crate::course::{ANSWER, CLAIM, Course, HIDDEN, MISTAKE, SHARED};
use std::fs;

/// Where a line was planted, and which.
fn expect_found(path: &str, line: &str, place: &str) {
    let course = Course::new();
    course.add(path, line);
    // Committed or not: what is in a hand-out is what matters.
    course.commit();
    let said = course.says(2, &[]);
    assert!(said.contains(&format!("{path}:{place}:")) && said.contains("solutions/day0"), "{line} in {path}: {said}");
    assert!(fs::read_dir(&course.out).unwrap().next().is_none(), "something was handed out");
}

#[test]
fn a_line_of_a_solution_is_found_in_a_page() {
    expect_found("exercises/day01-one/README.md", ANSWER, "2");
}

#[test]
fn a_line_of_a_solution_is_found_in_visible_tests() {
    expect_found("exercises/day02-two/tests/visible.rs", &format!("    {ANSWER}"), "3");
}

#[test]
fn a_line_of_a_flawed_variant_is_found_in_the_grader() {
    expect_found("grader/src/lib.rs", &format!("\t{MISTAKE}  "), "2");
}

#[test]
fn a_line_of_a_hidden_test_is_found_in_the_licence() {
    expect_found("LICENSE", HIDDEN, "2");
}

#[test]
fn a_hidden_test_is_found_among_the_visible_ones_by_its_name() {
    expect_found("exercises/day01-one/tests/visible.rs", &format!("#[test]\n{CLAIM}\n}}"), "4");
}

#[test]
fn a_whole_file_is_found_though_its_lines_are_short() {
    let course = Course::new();
    course.write("solutions/day01-one/src/table.txt", "1 2\n3 4\n");
    course.write("exercises/day01-one/table.txt", "1 2\n3 4\n");
    course.commit();
    assert!(course.says(2, &[]).contains("exercises/day01-one/table.txt would be handed out, and is the same file as"));
}

#[test]
fn a_line_of_a_day_that_is_not_handed_out_yet_is_found_too() {
    let course = Course::new();
    let later = "let total: i64 = entries.iter().map(|entry| entry.amount_in_cents).sum();";
    course.add("solutions/day03-three/src/main.rs", later);
    course.add("exercises/day01-one/README.md", later);
    course.commit();
    assert!(course.says(2, &["--days", "1"]).contains("exercises/day01-one/README.md:2:"));
}

#[test]
fn what_the_stub_has_is_no_secret() {
    let course = Course::new();
    course.add("exercises/day01-one/README.md", SHARED);
    course.commit();
    course.says(0, &[]);
}
