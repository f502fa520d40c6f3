//! The grader is killed, and started again.

use crate::{
    desk::{Desk, report},
    left,
};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs, thread,
    time::{Duration, Instant},
};

#[test]
fn killed_at_any_moment_it_comes_to_the_same_report_and_leaves_nothing() {
    let programs = ["passes_all", "passes_some", "passes_none", "does_not_compile"];
    let desk = Desk::new("killed", &programs, "visible.rs");
    // The first run builds the course's own parts.
    report(&mut desk.grade());
    fs::remove_dir_all(desk.kept()).unwrap();
    let begin = Instant::now();
    let (code, undisturbed) = report(&mut desk.grade());
    let whole = begin.elapsed();
    let undisturbed = comparable(&undisturbed);

    for tenth in 0..10 {
        fs::remove_dir_all(desk.kept()).unwrap();
        let mut grader =
            desk.grade().stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        // Not to wait for anything: this is the moment at which it is killed.
        thread::sleep(whole * tenth / 10 + Duration::from_millis(u64::from(tenth) * 7));
        grader.kill().unwrap();
        grader.wait().unwrap();
        fs::create_dir_all(desk.kept()).unwrap();
        let (code_again, again) = report(&mut desk.grade());
        assert_eq!((code_again, comparable(&again)), (code, undisturbed.clone()), "killed after {tenth} tenths");
    }
    assert_eq!(left::of("killed"), BTreeSet::new());
}

/// A report without what no two runs share: times, ports and process ids.
fn comparable(report: &grader::report::Report) -> Value {
    let mut value = serde_json::to_value(report).unwrap();
    forget(&mut value);
    value
}

fn forget(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove("millis");
            members.values_mut().for_each(forget);
        }
        Value::Array(items) => items.iter_mut().for_each(forget),
        Value::String(text) => text.retain(|c| !c.is_ascii_digit()),
        _ => {}
    }
}
