use super::{
    gather::{Cell, Class, gather},
    made, page, run,
};
use crate::{
    pseudonyms::Pseudonyms,
    shelf::{Manifest, Record, Shelf},
};
use grader::{receipt::Conditions, report::Report, verdict::Verdict};
use std::fs;

fn class(shelf: &Shelf) -> Class {
    gather(shelf, None).unwrap()
}

#[test]
fn a_large_cohort_is_one_page_that_loads_nothing() {
    let folder = tempfile::tempdir().unwrap();
    made::cohort(folder.path(), 400, 30);
    // For a look at it in a browser: COHORT_PAGE=page.html cargo test -p xtask-cohort a_large_cohort
    let html = std::env::var_os("COHORT_PAGE").map_or_else(|| folder.path().join("page.html"), Into::into);
    run(&super::Args { folder: folder.path().to_owned(), html: html.clone(), anonymous: false }).unwrap();
    let page = fs::read_to_string(html).unwrap();
    assert_eq!(page.matches("<tr data-is=").count(), 400);
    for loads in ["http://", "https://", " src=", "@import", "url("] {
        let without_examples = page.replace("http://127.0.0.1:", "");
        assert!(!without_examples.contains(loads), "{loads}");
    }
    assert!(page.len() < 3_000_000, "{} bytes", page.len());
}

#[test]
fn names_ids_and_messages_stay_text() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = made::cohort(folder.path(), 24, 2);
    let page = page::page(&class(&shelf));
    assert_eq!(page.matches("<script>").count(), 1, "the page's own");
    assert_eq!(page.matches("</script>").count(), 1);
    assert!(
        page.contains("<bdi>&lt;/td&gt;&lt;script&gt;document.title=&#39;taken&#39;&lt;/script&gt;&quot;&#39;&amp;")
    );
    for name in ["山田 太郎 1", "محمد العربي 2", "Ольга Иванова 3", "O&#39;Brien 4"] {
        assert!(page.contains(&format!("<bdi>{name}</bdi>")), "{name}");
    }
    let policy = page.split("script-src '").nth(1).unwrap();
    assert!(policy.starts_with("sha256-"), "nothing but the page's own script may run");
}

#[test]
fn an_anonymous_page_names_nobody_and_numbers_stay() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = made::cohort(folder.path(), 40, 2);
    // A program that prints who wrote it.
    let mut record = shelf.record("u0001").unwrap().unwrap();
    let day = &mut record.report.as_mut().unwrap().days[0];
    day.checkpoints[0].tests[0].verdict = Verdict::Failed;
    day.checkpoints[0].tests[0].message = "written by u0001, 山田 太郎 1".to_owned();
    shelf.keep(&record).unwrap();

    let anonymous = |shelf: &Shelf| page::page(&gather(shelf, Some(&Pseudonyms::of(shelf).unwrap())).unwrap());
    let first = anonymous(&shelf);
    for learner in &shelf.manifest.roster {
        for word in [&learner.id, &learner.email, &grader::render::escape(&learner.name)] {
            assert!(!first.contains(word.as_str()), "{word}");
        }
    }
    assert!(!first.contains("山田"));
    assert!(first.contains("<bdi>Learner 40</bdi>"));
    assert_eq!(anonymous(&Shelf::open(folder.path()).unwrap()), first);
}

#[test]
fn who_has_no_verdict_has_a_reason_and_no_total() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = made::cohort(folder.path(), 8, 2);
    let mut record = shelf.record("u0000").unwrap().unwrap();
    let exercise = made::exercise(1);
    let full = |_: &str| {
        vec![grader::report::TestReport {
            name: "it_is_so".to_owned(),
            hidden: false,
            verdict: Verdict::fault("the disk is full"),
            message: String::new(),
            millis: 1,
        }]
    };
    record.report.as_mut().unwrap().days[0] = grader::report::DayReport::new(&exercise, None, full, |_| true);
    shelf.keep(&record).unwrap();
    fs::remove_file(folder.path().join("reports/u0002.json")).unwrap();

    let class = class(&shelf);
    assert_eq!((class.rows[0].cells[0], class.rows[0].total), (Cell::Open, None));
    assert_eq!(class.rows[0].reasons, [(Some("day01-project".to_owned()), "the disk is full".to_owned())]);
    assert_eq!(class.rows[2].cells, [Cell::Open, Cell::Open]);
    assert_eq!(class.rows[2].reasons, [(None, "not graded yet".to_owned())]);
    assert_eq!((class.rows[7].cells[0], class.rows[7].total), (Cell::NotHandedIn, Some(0.0)));
    let page = page::page(&class);
    assert!(page.contains("day01-project: the disk is full") && page.contains("there is no &lt;id&gt;"));
}

#[test]
fn who_did_not_hand_a_day_in_does_not_count_against_its_checkpoints() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = made::cohort(folder.path(), 200, 1);
    let class = class(&shelf);
    let records = class.rows.iter().filter(|row| row.has_submission);
    let handed_in = records.filter(|row| row.cells[0] != Cell::NotHandedIn).count();
    assert!(handed_in < 190 && class.checkpoints.iter().all(|checkpoint| checkpoint.judged == handed_in));
    // Made so that the strong pass more often.
    assert!(class.checkpoints.iter().all(|checkpoint| checkpoint.separation.unwrap() > 0.2), "{:?}", class.checkpoints);
}

#[test]
fn equal_failures_of_many_learners_are_one_kind() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = made::cohort(folder.path(), 60, 1);
    let class = class(&shelf);
    // Ten checkpoints, and programs that do not compile.
    assert_eq!(class.failures.len(), 11, "{:?}", class.failures);
    assert!(class.failures[0].count > 20);
}

/// A cohort of one learner, graded twice with these seeds of the dice.
fn graded_twice(seeds: [u64; 2], sources: [&str; 2]) -> Class {
    let folder = tempfile::tempdir().unwrap();
    let shelf = made::cohort(folder.path(), 1, 1);
    let learner = shelf.manifest.roster[0].clone();
    let graded = |number: usize| {
        let day = made::day(&made::exercise(1), 50, sources[number], &mut made::Dice(seeds[number]));
        Record::of(&learner, 0, Ok(Report::new("it".to_owned(), 30, false, vec![day])))
    };
    shelf.keep(&graded(0)).unwrap();
    let other = Conditions { course: "later".to_owned(), ..Conditions::default() };
    let manifest =
        Manifest::new(shelf.manifest.days.clone(), 30, other, "tests".to_owned(), shelf.manifest.roster.clone());
    let (_, now) = shelf.begin_anew(manifest).unwrap();
    now.keep(&graded(1)).unwrap();
    class(&now)
}

#[test]
fn a_checkpoint_that_changes_its_mind_about_the_same_files_is_named() {
    let twice = graded_twice([1, 2], ["same", "same"]).steadiness;
    assert_eq!((twice.folders, twice.repeated), (1, 1));
    assert!(!twice.unsteady.is_empty());
    let unsteady = &twice.unsteady[0];
    assert_eq!((unsteady.submissions, unsteady.verdicts["passed"], unsteady.verdicts["failed"]), (1, 1, 1));

    // Other files, and a verdict that was only shown again.
    assert_eq!(graded_twice([1, 2], ["one", "other"]).steadiness.repeated, 0);
    assert_eq!(graded_twice([1, 1], ["same", "same"]).steadiness.repeated, 0);
}
