//! A report with everything that can be in one, and with the text of a program that wants to be taken for somebody else.

use grader::{
    exercise::Exercise,
    report::{DayReport, IgnoredChange, Obstacle, Report, TestReport},
    verdict::{Cause, Verdict},
};

/// What a hostile program makes a test print: ends of every format, orders to the runner, and characters XML forbids.
pub const HOSTILE: &str = "requirement: the body is \"ok\"\n  actual: </failure>]]>&amp;<script>\u{0}\u{b}\u{1b}[31m\u{fffe}\n\
                           ::error title=mine::100%\n````\n| a | table |\r\nпривет 你好 🦀";
/// What only the course may read.
pub const SECRET: &str = "the hidden input is 4711";

fn exercise(id: &str) -> Exercise {
    let checkpoint = |name: &str, tier: &str, points: u32| {
        format!(
            "[[checkpoint]]\nname = \"{name}\"\ntier = \"{tier}\"\npoints = {points}\nsummary = \"What {name} asks for\"\nhints = []\n"
        )
    };
    let head = "title = \"A & B\"\nweek = 1\nkind = \"service\"\nthemes = []\nminutes = 1\neditable = []\n".to_owned();
    let parts = [checkpoint("idea", "core", 60), checkpoint("races", "robust", 40), checkpoint("extra", "stretch", 15)];
    Exercise::parse(id, &(head + &parts.concat())).unwrap()
}

fn test(name: &str, hidden: bool, verdict: &Verdict, message: &str) -> TestReport {
    let message = if verdict.is_passed() { String::new() } else { message.to_owned() };
    TestReport { name: name.to_owned(), hidden, verdict: verdict.clone(), message, millis: 1500 }
}

/// A day with these verdicts of its three checkpoints. Each has a visible test and a hidden one.
pub fn day(id: &str, verdicts: [Verdict; 3]) -> DayReport {
    let names = ["idea", "races", "extra"];
    let tests = |name: &str| {
        let verdict = &verdicts[names.iter().position(|it| *it == name).unwrap()];
        vec![test("it_is_so", false, verdict, HOSTILE), test("so_it_is", true, verdict, SECRET)]
    };
    DayReport::new(&exercise(id), None, tests, |_| true)
}

pub fn skipped() -> Verdict {
    Verdict::NotRun { cause: Cause::Skipped, reason: "skipped, because psql is missing".to_owned() }
}

/// Five days: a star, a failure, a time-out, one that does not compile, one that was not handed in.
pub fn report() -> Report {
    use Verdict::{Failed, Passed, TimedOut};
    let errors = "error[E0308]: mismatched types\n --> exercises/day04-d/src/main.rs:7:5\n  |\nerror: aborting\n";
    let obstacle = |id: &str, obstacle| DayReport::new(&exercise(id), Some(obstacle), |_| Vec::new(), |_| true);
    let days = vec![
        day("day01-a", [Passed, Passed, Passed]),
        day("day02-b", [Passed, Failed, skipped()]),
        day("day03-c", [TimedOut, Passed, Failed]),
        obstacle("day04-d", Obstacle::Build(errors.to_owned())),
        obstacle("day05-e", Obstacle::Refused("nothing was submitted for this day".to_owned())),
    ];
    let mut report = Report::new("someone".to_owned(), 30, false, days);
    report.ignored_changes = vec![IgnoredChange { path: "a`b\n::error::c".to_owned(), what: "added".to_owned() }];
    report
}

/// A day that the machine could not grade.
pub fn with_a_fault() -> Report {
    let day = day("day01-a", [Verdict::Passed, Verdict::fault("the disk is full"), Verdict::Passed]);
    Report::new("someone".to_owned(), 30, false, vec![day])
}
