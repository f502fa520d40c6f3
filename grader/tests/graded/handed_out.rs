//! Grading in a hand-out: a checkpoint that has no visible test is neither passed nor failed, whatever else a day does.

use super::{graded, request};
use crate::course::{Course, id};
use grader::{
    catalog::Catalog,
    error::GradeError,
    grade::{Request, grade},
    handout::{self, MANIFEST, Manifest},
    report::Outcome,
};
use std::{collections::BTreeMap, fs};

const SUBMISSIONS: [&str; 2] = ["passes_all", "does_not_compile"];
const WITHHELD: &str =
    "\n[[checkpoint]]\nname = \"discretion\"\ntier = \"core\"\npoints = 50\nsummary = \"s\"\nhints = [\"h\"]\n";

fn handed_out() -> Course {
    let course = Course::with("handed-out", &SUBMISSIONS, "visible.rs");
    for (number, submission) in SUBMISSIONS.iter().enumerate() {
        let day = id(number, "handed-out", submission);
        let path = course.root().join("exercises").join(day).join("exercise.toml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text + WITHHELD).unwrap();
    }
    let manifest = Manifest {
        version: handout::VERSION,
        course: "a commit of the course".to_owned(),
        days: Vec::new(),
        files: BTreeMap::new(),
    };
    fs::write(course.root().join(MANIFEST), toml::to_string(&manifest).unwrap()).unwrap();
    course
}

#[test]
fn in_a_hand_out_only_what_has_visible_tests_is_judged() {
    let course = handed_out();
    let report = graded(&course, &SUBMISSIONS, 1.0);
    let days: Vec<_> = report.days.iter().map(|day| (day.outcome, day.points, day.points_required)).collect();
    assert_eq!(days, [(Outcome::Star, 110, 100), (Outcome::Failed, 0, 100)]);
    for day in &report.days {
        let withheld: Vec<_> = day.withheld.iter().map(|it| (it.name.as_str(), it.points)).collect();
        assert_eq!(withheld, [("discretion", 50)], "{}", day.id);
        assert!(day.checkpoints.iter().all(|checkpoint| checkpoint.name != "discretion"));
    }
    assert_eq!((report.conditions.course.as_str(), report.conditions.visible_only), ("a commit of the course", true));
    assert_eq!(report.exit_code(), 1);

    let catalog = Catalog::read(course.root()).unwrap();
    let exercises = catalog.select(&["1".to_owned()]).unwrap();
    let only = Request { checkpoint: Some("discretion".to_owned()), ..request(1.0) };
    let refused = grade(&catalog, &exercises, &only, &mut |_| {});
    assert!(matches!(refused, Err(GradeError::Withheld(name)) if name == "discretion"));
}
