//! Reports as a person at a terminal sees them.

use grader::{
    exercise::{Exercise, Tier},
    render::{self, Paint, terminal},
    report::{DayReport, Obstacle, Report, TestReport, Withheld},
    verdict::{Cause, Verdict},
};

fn exercise(id: &str, title: &str) -> Exercise {
    let checkpoint = |name: &str, tier: &str, points: u32, summary: &str| {
        format!(
            "[[checkpoint]]\nname = \"{name}\"\ntier = \"{tier}\"\npoints = {points}\nsummary = \"{summary}\"\n\
             hints = [\"h\"]\n"
        )
    };
    let head = format!("title = \"{title}\"\nweek = 1\nkind = \"service\"\nthemes = []\nminutes = 1\neditable = []\n");
    let checkpoints = [
        checkpoint("create_and_read", "core", 60, "What was posted can be read"),
        checkpoint("body_limit", "robust", 40, "Large bodies are refused"),
        checkpoint("etag", "stretch", 15, "Versions are compared"),
    ];
    Exercise::parse(id, &(head + &checkpoints.concat())).unwrap_or_else(|fault| panic!("{fault}"))
}

fn test(name: &str, hidden: bool, verdict: Verdict, message: &str) -> TestReport {
    TestReport { name: name.to_owned(), hidden, verdict, message: message.to_owned(), millis: 12 }
}

/// A day whose three checkpoints have these verdicts.
fn day(id: &str, title: &str, verdicts: [Verdict; 3]) -> DayReport {
    let exercise = exercise(id, title);
    let message = "requirement: a body of 65537 bytes is too large\n   expected: status 413\n     actual: status 201";
    let tests = |name: &str| {
        let number = exercise.metadata.checkpoints.iter().position(|checkpoint| checkpoint.name == name);
        let verdict = number.map_or(Verdict::Passed, |number| verdicts[number].clone());
        let message = if verdict == Verdict::Failed { message } else { "" };
        vec![
            test("the_first_claim", true, verdict.clone(), message),
            test("the_second_claim", false, verdict, message),
            test("the_third_claim", false, Verdict::Passed, ""),
        ]
    };
    DayReport::new(&exercise, None, tests, |_| true)
}

fn shown(days: Vec<DayReport>) -> String {
    terminal(&Report::new("stubs".to_owned(), 1, false, days), Paint::new(false))
}

fn passed() -> [Verdict; 3] {
    [Verdict::Passed, Verdict::Passed, Verdict::Passed]
}

fn skipped() -> Verdict {
    let reason = "skipped, because psql is not installed, install it with: apt-get install postgresql".to_owned();
    Verdict::NotRun { cause: Cause::Skipped, reason }
}

#[test]
fn many_days_are_a_table_and_the_next_step() {
    let days = vec![
        day("day01-one", "One", passed()),
        day("day02-two-two", "Two, a longer title", [Verdict::Passed, Verdict::Passed, Verdict::Failed]),
        day("day03-three", "Three", [Verdict::Passed, Verdict::TimedOut, Verdict::Failed]),
        day("day04-four", "Four", [Verdict::fault("the disk is full"), Verdict::Passed, skipped()]),
        day("day05-five", "Five", [Verdict::Failed, Verdict::Failed, Verdict::Failed]),
    ];
    insta::assert_snapshot!(shown(days));
}

#[test]
fn a_day_that_nobody_began_says_where_to_begin() {
    let failed = || [Verdict::Failed, Verdict::Failed, Verdict::Failed];
    insta::assert_snapshot!(shown(vec![day("day01-one", "One", failed()), day("day02-two", "Two", failed())]));
}

#[test]
fn one_day_shows_its_first_failure_in_full() {
    insta::assert_snapshot!(shown(vec![day("day03-three", "Three", [Verdict::Passed, Verdict::Failed, skipped()])]));
}

#[test]
fn what_does_not_compile_shows_the_compilers_own_words() {
    let errors = "error[E0308]: mismatched types\n --> exercises/day03-three/src/main.rs:7:5".to_owned();
    let day =
        DayReport::new(&exercise("day03-three", "Three"), Some(Obstacle::Build(errors)), |_| Vec::new(), |_| true);
    insta::assert_snapshot!(shown(vec![day]));
}

#[test]
fn a_hand_out_says_what_it_does_not_judge() {
    let withheld = Withheld { name: "accounts_are_kept_apart".to_owned(), tier: Tier::Core, points: 25 };
    let day = day("day03-three", "Three", passed()).withholding(vec![withheld]);
    let mut report = Report::new("stubs".to_owned(), 1, false, vec![day]);
    report.conditions.visible_only = true;
    let text = terminal(&report, Paint::new(false));
    assert!(text.contains("accounts_are_kept_apart  core     25  not part of this hand-out"), "{text}");
    assert!(text.contains("100 of 100 points") && text.contains("Visible checkpoints only"), "{text}");
    assert!(render::markdown(&report).contains("Visible checkpoints only"));
}

#[test]
fn without_colours_there_is_no_escape_and_with_them_the_words_are_the_same() {
    let report = Report::new("stubs".to_owned(), 1, false, vec![day("day01-one", "One", passed())]);
    let (plain, colourful) = (terminal(&report, Paint::new(false)), terminal(&report, Paint::new(true)));
    assert!(!plain.contains('\x1b') && colourful.contains('\x1b'));
    let mut words = String::new();
    for part in colourful.split('\x1b') {
        words.push_str(part.split_once('m').filter(|_| part.starts_with('[')).map_or(part, |(_, words)| words));
    }
    assert_eq!(words, plain);
}
