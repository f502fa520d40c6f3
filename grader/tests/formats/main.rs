//! A report in the formats of other tools, read back by an independent parser or held against a schema.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod github;
mod json;
mod junit;
mod sample;

use grader::render;

#[test]
fn learners_do_not_read_what_hidden_tests_say_and_the_course_does() {
    let report = sample::report();
    let classroom = json::decoded(&render::classroom(&report));
    let for_learners = [
        render::gradescope(&report),
        render::exercism(&report),
        classroom,
        render::github(&report, "t"),
        render::markdown(&report),
    ];
    for text in for_learners {
        assert!(!text.contains(sample::SECRET), "{text}");
        assert!(text.contains("so it is"), "the claim of a hidden test is no secret:\n{text}");
    }
    for text in [render::junit(&report), render::ctrf(&report), render::json(&report)] {
        assert!(text.contains(sample::SECRET), "{text}");
    }
}

#[test]
fn markdown_keeps_what_programs_print_inside_of_its_fences() {
    let text = render::markdown(&sample::report());
    let mut fence: Option<&str> = None;
    for line in text.lines() {
        match fence {
            Some(open) if line == open => fence = None,
            Some(_) => {}
            None if line.starts_with("```") => fence = Some(line.trim_end_matches("text")),
            None => assert!(!line.contains("script") && !line.starts_with("::"), "outside of a fence: {line}"),
        }
    }
    assert_eq!(fence, None, "{text}");
    assert!(text.contains("# 1 of 5 days pass"), "{text}");
}

#[test]
fn markdown_stays_below_what_github_takes_for_a_summary() {
    let mut report = sample::report();
    let long = "x".repeat(10_000);
    for test in report.days.iter_mut().flat_map(|day| &mut day.checkpoints).flat_map(|it| &mut it.tests) {
        test.message.clone_from(&long);
    }
    let days: Vec<_> = (0..80).flat_map(|_| report.days.clone()).collect();
    report.days = days;
    let text = render::markdown(&report);
    assert!(text.len() < 1024 * 1024, "{} bytes", text.len());
    assert!(text.contains("more days are left out here"));
}
