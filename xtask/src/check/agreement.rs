//! Page, metadata and test modules say the same.

use super::page;
use grader::{
    exercise::{Exercise, Tier},
    run::Test,
};
use std::{collections::BTreeMap, fs, path::Path};

/// What a day without its stretch is worth.
const POINTS: u32 = 100;

/// Where they differ, and what is missing.
pub fn faults(root: &Path, exercise: &Exercise, tests: &[Test]) -> Vec<String> {
    let mut faults = files(root, exercise);
    match fs::read_to_string(root.join("exercises").join(&exercise.id).join("README.md")) {
        Ok(text) => {
            faults.extend(page::faults(&text, exercise.number, &exercise.metadata.title));
            faults.extend(table(&page::rows(&text), exercise, &visibility(tests)));
        }
        Err(error) => faults.push(format!("the page README.md cannot be read: {error}")),
    }
    faults.extend(modules(exercise, tests));
    for checkpoint in &exercise.metadata.checkpoints {
        if checkpoint.hints.is_empty() || checkpoint.summary.is_empty() {
            faults.push(format!("exercise.toml: {} needs a summary and a hint", checkpoint.name));
        }
    }
    faults.extend(points(exercise));
    faults.extend(crate::peers::page::fault(root, exercise));
    faults
}

/// Every day counts alike.
fn points(exercise: &Exercise) -> Option<String> {
    let scored = exercise.metadata.checkpoints.iter().filter(|checkpoint| checkpoint.tier != Tier::Stretch);
    let points: u32 = scored.map(|checkpoint| checkpoint.points).sum();
    (points != POINTS).then(|| {
        format!("exercise.toml: core and robust checkpoints have {points} points together; a day has {POINTS}")
    })
}

fn files(root: &Path, exercise: &Exercise) -> Vec<String> {
    let notes = root.join("solutions").join(&exercise.id).join("NOTES.md");
    let mut faults = Vec::new();
    if !notes.is_file() {
        faults.push("the solution has no NOTES.md".to_owned());
    }
    let row = format!("[{}](exercises/{}/README.md)", exercise.metadata.title, exercise.id);
    if !fs::read_to_string(root.join("README.md")).is_ok_and(|text| text.contains(&row)) {
        faults.push(format!("the course's README.md does not list {row}"));
    }
    faults
}

/// `visible`, `hidden` or `both`, by checkpoint.
fn visibility(tests: &[Test]) -> BTreeMap<&str, &'static str> {
    let mut found: BTreeMap<&str, (bool, bool)> = BTreeMap::new();
    for test in tests {
        let (visible, hidden) = found.entry(test.checkpoint()).or_default();
        *(if test.is_hidden() { hidden } else { visible }) = true;
    }
    let words = |both: (bool, bool)| match both {
        (true, true) => "both",
        (true, false) => "visible",
        (false, _) => "hidden",
    };
    found.into_iter().map(|(checkpoint, both)| (checkpoint, words(both))).collect()
}

fn table(rows: &[page::Row], exercise: &Exercise, visibility: &BTreeMap<&str, &'static str>) -> Vec<String> {
    let checkpoints = &exercise.metadata.checkpoints;
    let mut faults = Vec::new();
    for checkpoint in checkpoints {
        let tests = visibility.get(checkpoint.name.as_str()).copied().unwrap_or("none");
        let wanted = page::Row {
            name: checkpoint.name.clone(),
            tier: checkpoint.tier.to_string(),
            points: checkpoint.points.to_string(),
            tests: tests.to_owned(),
        };
        match rows.iter().find(|row| row.name == checkpoint.name) {
            None => faults.push(format!("the page's table lacks the checkpoint {}", checkpoint.name)),
            Some(row) if *row != wanted => faults.push(format!(
                "the page says {} is {}, {} points, tests {}; it is {}, {} points, tests {}",
                row.name, row.tier, row.points, row.tests, wanted.tier, wanted.points, wanted.tests
            )),
            Some(_) => {}
        }
    }
    for row in rows.iter().filter(|row| exercise.checkpoint(&row.name).is_none()) {
        faults.push(format!("the page's table has {}, which exercise.toml has not", row.name));
    }
    let order = |names: Vec<&str>| names.join(", ");
    let on_page = order(rows.iter().map(|row| row.name.as_str()).collect());
    let in_metadata = order(checkpoints.iter().map(|checkpoint| checkpoint.name.as_str()).collect());
    if faults.is_empty() && on_page != in_metadata {
        faults.push("the page's table and exercise.toml have the checkpoints in different orders".to_owned());
    }
    faults
}

fn modules(exercise: &Exercise, tests: &[Test]) -> Vec<String> {
    let mut faults = Vec::new();
    for checkpoint in &exercise.metadata.checkpoints {
        if !tests.iter().any(|test| test.checkpoint() == checkpoint.name) {
            faults.push(format!("no test module is called {}, as a checkpoint of exercise.toml is", checkpoint.name));
        }
    }
    for test in tests {
        if exercise.checkpoint(test.checkpoint()).is_none() {
            let module = test.checkpoint();
            let fault = format!("the test module {module:?} is no checkpoint of exercise.toml");
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
    }
    let required = exercise.metadata.checkpoints.iter().filter(|checkpoint| checkpoint.tier.is_required());
    for checkpoint in required {
        let mut own = tests.iter().filter(|test| test.checkpoint() == checkpoint.name).peekable();
        // A learner without the tool must be able to pass the day.
        if own.peek().is_some() && own.all(|test| test.executable.to_string_lossy().contains("-tools-")) {
            faults.push(format!("{} is not stretch, but all its tests need tools", checkpoint.name));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exercise() -> Exercise {
        let checkpoint = |name: &str, tier: &str| {
            format!(
                "[[checkpoint]]\nname = \"{name}\"\ntier = \"{tier}\"\npoints = 10\nsummary = \"s\"\nhints = [\"h\"]\n"
            )
        };
        let head = "title = \"T\"\nweek = 1\nkind = \"command\"\nthemes = []\nminutes = 1\neditable = []\n";
        let text = format!("{head}{}{}", checkpoint("one", "core"), checkpoint("two", "stretch"));
        Exercise::parse("day01-t", &text).unwrap()
    }

    fn test(name: &str) -> Test {
        Test { executable: "day01-t-checkpoints-1".into(), folder: "".into(), name: name.to_owned() }
    }

    fn rows(text: &str) -> Vec<page::Row> {
        page::rows(&format!("## Checkpoints\n| C | T | P | T |\n| - | - | - | - |\n{text}"))
    }

    fn table_faults(text: &str) -> Vec<String> {
        let tests = [test("visible::one::a"), test("hidden::one::b"), test("hidden::two::c")];
        table(&rows(text), &exercise(), &visibility(&tests))
    }

    #[test]
    fn a_table_that_agrees_has_no_faults() {
        assert_eq!(
            table_faults("| `one` | core | 10 | both |\n| `two` | stretch | 10 | hidden |"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn each_difference_is_named() {
        let two = "| `two` | stretch | 10 | hidden |";
        for (text, part) in [
            (two.to_owned(), "lacks the checkpoint one"),
            (format!("| `one` | robust | 10 | both |\n{two}"), "the page says one is robust"),
            (format!("| `one` | core | 11 | both |\n{two}"), "11 points"),
            (format!("| `one` | core | 10 | visible |\n{two}"), "tests visible; it is core, 10 points, tests both"),
            (format!("| `one` | core | 10 | both |\n{two}\n| `three` | core | 1 | both |"), "has three"),
            (format!("{two}\n| `one` | core | 10 | both |"), "different orders"),
        ] {
            let faults = table_faults(&text);
            assert!(faults.len() == 1 && faults[0].contains(part), "{part}: {faults:?}");
        }
    }

    #[test]
    fn modules_and_checkpoints_agree_both_ways() {
        let faults =
            modules(&exercise(), &[test("visible::one::a"), test("hidden::three::b"), test("hidden::three::c")]);
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults[0].contains("called two") && faults[1].contains("\"three\""));
    }
}
