//! The formats that are JSON, held against schemas that were written from their descriptions.

use crate::sample;
use data_encoding::BASE64;
use grader::render::{classroom, ctrf, exercism, gradescope};
use serde_json::Value;

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

pub fn decoded(line: &str) -> String {
    String::from_utf8(BASE64.decode(line.trim_end().as_bytes()).unwrap()).unwrap()
}

/// What does not fit the schema `schemas/<name>.json`.
fn faults(name: &str, value: &Value) -> Vec<String> {
    let path = format!("{}/tests/formats/schemas/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let schema = self::value(&std::fs::read_to_string(path).unwrap());
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn every_format_fits_its_schema() {
    for report in [sample::report(), sample::with_a_fault()] {
        assert_eq!(faults("gradescope", &value(&gradescope(&report))), [""; 0]);
        assert_eq!(faults("ctrf", &value(&ctrf(&report))), [""; 0]);
        assert_eq!(faults("exercism", &value(&exercism(&report))), [""; 0]);
        assert_eq!(faults("classroom", &value(&decoded(&classroom(&report)))), [""; 0]);
    }
}

#[test]
fn a_schema_notices_a_field_of_another_name() {
    for (name, mut value) in [
        ("gradescope", value(&gradescope(&sample::report()))),
        ("ctrf", value(&ctrf(&sample::report()))),
        ("exercism", value(&exercism(&sample::report()))),
        ("classroom", value(&decoded(&classroom(&sample::report())))),
    ] {
        let tests = if name == "ctrf" { &mut value["results"]["tests"] } else { &mut value["tests"] };
        let test = tests[0].as_object_mut().unwrap();
        let status = test.remove("status").unwrap();
        test.insert("state".to_owned(), status);
        assert!(!faults(name, &value).is_empty(), "{name}");
    }
}

#[test]
fn gradescope_gets_the_points_and_each_checkpoint() {
    let results = value(&gradescope(&sample::report()));
    assert_eq!(results["score"], 115 + 60 + 40);
    let tests = results["tests"].as_array().unwrap();
    assert_eq!(tests.len(), 15);
    assert_eq!((&tests[3]["name"], &tests[3]["score"]), (&Value::from("Day 02 idea"), &Value::from(60)));
    assert_eq!((&tests[4]["status"], &tests[4]["score"]), (&Value::from("failed"), &Value::from(0)));
    assert!(tests[4]["output"].as_str().unwrap().contains("the body is \"ok\""));
    assert!(tests.iter().all(|test| test["visibility"] == "visible"), "one hidden test hides the total");
    // A tool that only a stretch checkpoint needs is missing: no verdict on it.
    assert_eq!(tests[5].get("score"), None);
}

#[test]
fn gradescope_gets_no_score_when_the_machine_is_at_fault() {
    let results = value(&gradescope(&sample::with_a_fault()));
    assert_eq!(results.get("score"), None);
    assert!(results["tests"].as_array().unwrap().iter().all(|test| test.get("score").is_none()));
    assert!(results["output"].as_str().unwrap().contains("not your fault"));
}

#[test]
fn ctrf_counts_what_it_lists() {
    let results = value(&ctrf(&sample::report()))["results"].clone();
    let summary = &results["summary"];
    let tests = results["tests"].as_array().unwrap();
    assert_eq!(summary["tests"], tests.len());
    for status in ["passed", "failed", "skipped", "pending", "other"] {
        let listed = tests.iter().filter(|test| test["status"] == status).count();
        assert_eq!(summary[status], listed, "{status}");
    }
    assert_eq!((&summary["passed"], &summary["failed"], &summary["skipped"]), (&10.into(), &12.into(), &2.into()));
}

#[test]
fn exercism_gets_fail_for_failures_and_error_when_nothing_ran() {
    let results = value(&exercism(&sample::report()));
    assert_eq!(results["status"], "fail");
    let tests = results["tests"].as_array().unwrap();
    assert_eq!((&tests[0]["status"], &tests[0]["task_id"]), (&Value::from("pass"), &Value::from(1)));
    assert!(tests.iter().all(|test| test["output"].as_str().is_none_or(|output| output.chars().count() <= 500)));

    let mut report = sample::report();
    report.days.drain(..3);
    let nothing = value(&exercism(&report));
    assert_eq!(nothing["status"], "error");
    assert!(nothing["message"].as_str().unwrap().contains("mismatched types"));
}

#[test]
fn classroom_gets_one_line_with_the_reachable_points() {
    let line = classroom(&sample::report());
    assert_eq!(line.trim_end().lines().count(), 1);
    let result = value(&decoded(&line));
    assert_eq!((&result["status"], &result["max_score"]), (&Value::from("fail"), &Value::from(500)));
    assert_eq!(value(&decoded(&classroom(&sample::with_a_fault())))["status"], "error");
}
