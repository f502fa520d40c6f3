//! Reports: a real one, and variations of it.

use harness::Random;
use serde_json::{Value, json};

/// A real report of `cargo xtask grade 1 3 5 --solutions --format json`, with one test for each checkpoint.
pub fn real_report() -> Value {
    serde_json::from_str(include_str!("report.json")).unwrap_or_else(|error| panic!("report.json: {error}"))
}

/// A report of these days, with a seed that no other has.
pub fn a_report(random: &mut Random, days: &[Value]) -> Value {
    let mut report = real_report();
    report["seed"] = random.between(1..=i64::MAX).into();
    report["subject"] = random.name().into();
    let passed = days.iter().filter(|day| matches!(day["outcome"].as_str(), Some("star" | "passed"))).count();
    report["days_passed"] = passed.into();
    for sum in ["points", "points_required"] {
        report[sum] = days.iter().filter_map(|day| day[sum].as_u64()).sum::<u64>().into();
    }
    report["days"] = days.into();
    report
}

/// A day like those of the real report, with this number and outcome, and another id and title.
pub fn a_day(random: &mut Random, number: u8, outcome: &str) -> Value {
    let mut day = random.pick(real_report()["days"].as_array().expect("a report has days")).clone();
    day["number"] = number.into();
    day["id"] = format!("day{number:02}-{}-{}", random.word(), random.word()).into();
    day["title"] = random.words(3).into();
    day["outcome"] = outcome.into();
    let (mut points, mut required) = (0, 0);
    let mut is_first = true;
    for checkpoint in day["checkpoints"].as_array_mut().expect("a day has checkpoints") {
        let is_stretch = checkpoint["tier"] == "stretch";
        checkpoint["summary"] = random.words(4).into();
        checkpoint["points"] = random.between(1..=20).into();
        checkpoint["tests"][0]["millis"] = random.between(1..=2000).into();
        let verdict = match outcome {
            "passed" if is_stretch => json!({"verdict": "failed"}),
            "failed" if is_first => json!({"verdict": "timed_out"}),
            "not_graded" if is_first => json!({"verdict": "not_run", "cause": "fault", "reason": random.words(3)}),
            _ => json!({"verdict": "passed"}),
        };
        is_first = false;
        let worth = checkpoint["points"].as_i64().unwrap_or_default();
        points += if verdict["verdict"] == "passed" { worth } else { 0 };
        required += if is_stretch { 0 } else { worth };
        apply(&mut checkpoint["tests"][0], &verdict);
        apply(checkpoint, &verdict);
    }
    day["points"] = points.into();
    day["points_required"] = required.into();
    day
}

fn apply(to: &mut Value, verdict: &Value) {
    for (member, value) in verdict.as_object().into_iter().flatten() {
        to[member] = value.clone();
    }
}

/// The same with another value somewhere. The pointer (RFC 6901) names a member that is there, or a new one of an object.
pub fn with(value: &Value, pointer: &str, new: impl Into<Value>) -> Value {
    let mut value = value.clone();
    let (parent, member) = pointer.rsplit_once('/').unwrap_or(("", pointer));
    match value.pointer_mut(parent) {
        Some(Value::Object(object)) => drop(object.insert(member.to_owned(), new.into())),
        Some(Value::Array(array)) => array[member.parse::<usize>().expect("an index")] = new.into(),
        _ => panic!("there is nothing at {pointer:?}"),
    }
    value
}
