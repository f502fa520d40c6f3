//! A graded folder as large as one likes, of made reports: nothing is compiled or run.

use crate::{
    roster::Learner,
    shelf::{Manifest, Record, Shelf},
};
use grader::{
    exercise::Exercise,
    receipt::{Conditions, Receipt, hash},
    report::{DayReport, Obstacle, Report, TestReport},
    verdict::Verdict,
};
use std::{fmt::Write, path::Path};

/// What hostile learners call themselves and print.
pub const HOSTILE: &str = "</td><script>document.title='taken'</script>\"'&\u{202e}\u{0}";

const NAMES: [&str; 8] =
    ["Zoë Müller", "山田 太郎", "محمد العربي", "Ольга Иванова", "O'Brien", "Nguyễn Thị", "שרה כהן", HOSTILE];

/// Numbers that look random and are the same each time (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// A day with ten checkpoints, the last of which is a bonus.
pub fn exercise(number: usize) -> Exercise {
    let mut text = format!(
        "title = \"Project {number}\"\nweek = 1\nkind = \"service\"\nthemes = []\nminutes = 1\neditable = [\"src/**\"]\n"
    );
    for place in 0..10 {
        let tier = ["core", "core", "core", "core", "core", "robust", "robust", "robust", "robust", "stretch"][place];
        let points = if place == 9 { 15 } else { 11 };
        write!(
            text,
            "[[checkpoint]]\nname = \"checkpoint_{place}\"\ntier = \"{tier}\"\npoints = {points}\nsummary = \"It does {place}\"\nhints = []\n"
        )
        .unwrap();
    }
    Exercise::parse(&format!("day{number:02}-project"), &text).unwrap()
}

/// The report on one day of a learner of this strength (0 to 99), who wrote `source`.
pub fn day(exercise: &Exercise, strength: u64, source: &str, dice: &mut Dice) -> DayReport {
    let verdicts: Vec<_> = (0..10).map(|place| dice.below(100) + place * 4 < strength + 25).collect();
    let obstacle = match dice.below(25) {
        0 => Some(Obstacle::Refused("nothing was submitted for this day".to_owned())),
        1 => Some(Obstacle::Build("error[E0308]: mismatched types\n --> src/main.rs:7:5".to_owned())),
        _ => None,
    };
    let is_in = !matches!(obstacle, Some(Obstacle::Refused(_)));
    let port = 32768 + dice.below(28000);
    let tests = |name: &str| {
        let place: usize = name.trim_start_matches("checkpoint_").parse().unwrap();
        let message = format!(
            "random input: HARNESS_SEED=30 repeats it\n\nrequirement: it does {place}\n    request: curl http://127.0.0.1:{port}/\n   \
             expected: 201\n     actual: 404 {HOSTILE} in {port} ms"
        );
        let verdict = if verdicts[place] { Verdict::Passed } else { Verdict::Failed };
        let message = if verdicts[place] { String::new() } else { message };
        vec![TestReport { name: "it_is_so".to_owned(), hidden: false, verdict, message, millis: port }]
    };
    let mut report = DayReport::new(exercise, obstacle, tests, |_| true);
    let files = [("src/main.rs".to_owned(), hash(source.as_bytes()))].into();
    report.receipt = is_in.then(|| Receipt { files, ..Receipt::default() });
    report
}

/// A cohort with so many learners and days in `folder`. One in twenty handed in nothing.
pub fn cohort(folder: &Path, learners: usize, days: usize) -> Shelf {
    let exercises: Vec<_> = (1..=days).map(exercise).collect();
    let roster: Vec<_> = (0..learners)
        .map(|number| Learner {
            id: format!("u{number:04}"),
            name: format!("{} {number}", NAMES[number % NAMES.len()]),
            email: format!("u{number:04}@example.org"),
            submission: String::new(),
            submitted_at: String::new(),
        })
        .collect();
    let ids = exercises.iter().map(|exercise| exercise.id.clone()).collect();
    let manifest = Manifest::new(ids, 30, Conditions::default(), "tests".to_owned(), roster.clone());
    let shelf = Shelf::begin(folder, manifest).unwrap();
    let mut dice = Dice(30);
    for (number, learner) in roster.iter().enumerate() {
        let strength = dice.below(100);
        let outcome = if number % 20 == 7 {
            Err(format!("nothing was submitted: there is no {}", learner.id))
        } else {
            let source = |exercise: &Exercise| format!("// {} {}", learner.id, exercise.id);
            let days = exercises.iter().map(|it| day(it, strength, &source(it), &mut dice)).collect();
            Ok(Report::new(format!("handed-in/{}", learner.id), 30, false, days))
        };
        shelf.keep(&Record::of(learner, i64::from(number % 10 == 3) * 3600, outcome)).unwrap();
    }
    shelf
}
