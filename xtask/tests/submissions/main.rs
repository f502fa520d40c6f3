//! What an instructor sees of `cargo xtask grade --submission`: what has no effect, what is not done twice, what happens
//! when the grader is killed, and that no fault of the machine is anybody's zero.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "../../../grader/tests/graded/course.rs"]
mod course;
mod desk;
mod faults;
mod gradescope;
mod killed;
#[path = "../../../grader/tests/attacks/left.rs"]
mod left;

use desk::{Desk, report, words};
use grader::report::{Outcome, Report};
use std::fs;

fn outcomes(report: &Report) -> Vec<Outcome> {
    report.days.iter().map(|day| day.outcome).collect()
}

#[test]
fn what_surrounds_the_sources_has_no_effect_and_is_named() {
    let desk = Desk::new("surrounded", &["passes_none"], "visible.rs");
    let mark = desk.submission().join("executed");
    let evil = format!("fn main() {{ std::fs::write({mark:?}, \"\").unwrap(); std::process::exit(0) }}");
    desk.submit(0, "passes_none", "build.rs", &evil);
    desk.submit(0, "passes_none", "tests/visible.rs", "#[test] fn all_is_well() {}");
    desk.submit(0, "passes_none", "Cargo.toml", "[package]\nname = \"mine\"\nbuild = \"build.rs\"\n");
    desk.write(".cargo/config.toml", &format!("[build]\nrustc-wrapper = {mark:?}\n"));
    desk.write("rust-toolchain.toml", "[toolchain]\nchannel = \"nightly-2020-01-01\"\n");
    let (code, report) = report(&mut desk.grade());
    assert_eq!((code, outcomes(&report)), (1, vec![Outcome::Failed]));
    let ignored: Vec<_> = report.ignored_changes.iter().map(|it| format!("{} {}", it.what, it.path)).collect();
    let day = "exercises/day01-surrounded-passes-none";
    let expected = [
        "changed .cargo/config.toml".to_owned(),
        format!("changed {day}/Cargo.toml"),
        format!("added {day}/build.rs"),
        format!("changed {day}/tests/visible.rs"),
        "added rust-toolchain.toml".to_owned(),
    ];
    assert_eq!(ignored, expected);
    assert!(!mark.exists(), "something of the submission was executed outside of a sandbox");
}

#[test]
fn an_unchanged_day_is_not_graded_again() {
    let desk = Desk::new("unchanged", &["passes_all", "passes_some"], "visible.rs");
    let (_, first) = report(&mut desk.grade());
    // A verdict that no grading can give shows where a report has it from.
    let marked = mark_kept_verdicts(&desk);
    assert_eq!(marked, 2);
    let titles = |report: &Report| report.days.iter().map(|day| day.title.clone()).collect::<Vec<_>>();
    let own = titles(&first);
    let kept = |title: &str| format!("kept: {title}");
    let (_, again) = report(&mut desk.grade());
    assert_eq!(titles(&again), [kept(&own[0]), kept(&own[1])]);

    // One changed day is graded, the other one is not.
    desk.submit(1, "passes_some", "src/main.rs", "fn main() { println!(\"changed\") }");
    let (_, changed) = report(&mut desk.grade());
    assert_eq!(titles(&changed), [kept(&own[0]), own[1].clone()]);
    assert_eq!(outcomes(&changed)[1], Outcome::Failed);

    let (_, fresh) = report(desk.grade().arg("--fresh"));
    assert_eq!(titles(&fresh), own);
    // What was graded afresh is what is known from now on.
    assert_eq!(titles(&report(&mut desk.grade()).1), own);
}

fn mark_kept_verdicts(desk: &Desk) -> usize {
    let files = walkdir::WalkDir::new(desk.kept()).into_iter().flatten();
    let files: Vec<_> = files.filter(|it| it.file_type().is_file()).map(walkdir::DirEntry::into_path).collect();
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        fs::write(file, text.replace("\"title\":\"", "\"title\":\"kept: ")).unwrap();
    }
    files.len()
}

#[test]
fn nothing_of_a_submission_reaches_the_next() {
    let desk = Desk::new("leaking", &["passes_all"], "visible.rs");
    assert_eq!(outcomes(&report(&mut desk.grade()).1), [Outcome::Star]);
    desk.submit(0, "passes_all", "src/main.rs", "fn main() { missing() }");
    let (code, second) = report(&mut desk.grade());
    assert_eq!(code, 1);
    assert!(second.days[0].build_failure.as_ref().unwrap().contains("cannot find function `missing`"));
    fs::remove_file(desk.submission().join("exercises/day01-leaking-passes-all/src/main.rs")).unwrap();
    desk.submit(0, "passes_all", "src/lib.rs", "");
    let (_, third) = report(&mut desk.grade());
    assert_eq!(outcomes(&third), [Outcome::Failed], "the file that was deleted is still there");
}

#[test]
fn a_report_is_verified_against_its_submission() {
    let desk = Desk::new("verified", &["passes_some"], "visible.rs");
    let path = desk.submission().join("report.json");
    assert_eq!(desk.grade().arg("--out").arg(&path).output().unwrap().status.code(), Some(1));
    let verify = || desk.xtask(["verify"]).arg(&path).output().unwrap();
    let sound = verify();
    assert_eq!(sound.status.code(), Some(0), "{}", words(&sound));

    // A verdict was improved by hand.
    let honest = fs::read_to_string(&path).unwrap();
    fs::write(&path, honest.replace("\"failed\"", "\"passed\"")).unwrap();
    let improved = verify();
    assert_eq!(improved.status.code(), Some(1), "{}", words(&improved));
    assert!(words(&improved).contains("day01-verified-passes-some"), "{}", words(&improved));

    fs::write(&path, honest).unwrap();
    desk.submit(0, "passes_some", "src/main.rs", "fn main() {}");
    let changed = verify();
    assert_eq!(changed.status.code(), Some(1));
    assert!(words(&changed).contains("src/main.rs"), "{}", words(&changed));
}

#[test]
fn a_sandbox_without_namespaces_is_taken_only_when_allowed() {
    let desk = Desk::new("confined", &["passes_all"], "visible.rs");
    let refused = desk.grade().args(["--sandbox", "3"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(words(&refused).contains("--allow-unsandboxed"), "{}", words(&refused));
    let (code, allowed) = report(desk.grade().args(["--sandbox", "3", "--allow-unsandboxed"]));
    assert_eq!((code, outcomes(&allowed)), (0, vec![Outcome::Star]));
    assert_eq!(u8::from(allowed.conditions.sandbox_tier), 3);
}
