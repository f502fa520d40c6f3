//! What is said at the end: a row for each day, the survivors, and entries of equivalents that excuse nothing.

use super::day::{Counts, Day};
use crate::table::table;

/// A day with a lower score, in percent, has tests that miss too much.
pub const ENOUGH: f64 = 95.0;

/// The table, with a row for each day and one for all.
pub fn rows(days: &[Day<'_>]) -> String {
    let all = days.iter().map(Day::counts).fold(Counts::default(), Counts::and);
    let rows = days.iter().map(|day| row(&day.exercise.id, day.counts())).chain([row("all", all)]);
    let head = ["day", "mutants", "open", "viable", "caught", "by timeout", "survived", "explained", "score"];
    table(head, &rows.collect::<Vec<_>>())
}

fn row(name: &str, counts: Counts) -> [String; 9] {
    let Counts { mutants, open, caught, by_timeout, survived, explained, .. } = counts;
    let score = counts.score().map_or_else(|| "–".to_owned(), |score| format!("{score:.1} %"));
    let [mutants, open, viable, caught, by_timeout, survived, explained] =
        [mutants, open, counts.viable(), caught, by_timeout, survived, explained].map(|count| count.to_string());
    [name.to_owned(), mutants, open, viable, caught, by_timeout, survived, explained, score]
}

/// The survivors of a day without a reason, as `mutants.toml` wants their lines.
pub fn survivors(day: &Day<'_>) -> String {
    let shown = day.survivors().map(|mutant| {
        let file = format!("solutions/{}/{}:{}", day.exercise.id, mutant.file, mutant.line);
        format!("{file}: {}\n    - {}\n    + {}\n", mutant.words, mutant.before, mutant.after)
    });
    shown.collect()
}

/// What is wrong with a day's `mutants.toml`.
pub fn faults(day: &Day<'_>) -> String {
    let lines = day.faults().into_iter();
    lines.map(|fault| format!("solutions/{}/mutants.toml has an entry that {fault}\n", day.exercise.id)).collect()
}

/// Whether the tests of a day are good enough, as far as is known.
pub fn is_enough(day: &Day<'_>) -> bool {
    let scores = day.counts().score().is_none_or(|score| score >= ENOUGH);
    scores && day.survivors().next().is_none() && day.faults().is_empty()
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            day::tests::{caught, day_with, entry},
            verdicts::Outcome,
        },
        *,
    };

    #[test]
    fn the_table_has_a_row_for_each_day_and_one_for_all() {
        let outcomes = [("a", caught(true)), ("b", Outcome::Survived), ("c", Outcome::NotViable)];
        day_with(&outcomes, &entry("b"), |day| {
            let text = rows(std::slice::from_ref(day));
            let words: Vec<Vec<_>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
            assert_eq!(words[1], ["day01-x", "3", "0", "2", "1", "1", "1", "1", "100.0", "%"]);
            assert_eq!(words[2], ["all", "3", "0", "2", "1", "1", "1", "1", "100.0", "%"]);
            assert!(is_enough(day));
        });
    }

    #[test]
    fn a_survivor_is_shown_with_place_and_replacement() {
        day_with(&[("a", caught(false)), ("b", Outcome::Survived)], "equivalent = []", |day| {
            let expected = "solutions/day01-x/src/a.rs:7: replace it in f\n    - x\n    + b\n";
            assert_eq!(survivors(day), expected);
            assert!(!is_enough(day));
        });
    }

    #[test]
    fn a_stale_entry_is_not_enough() {
        day_with(&[("a", caught(false))], &entry("gone"), |day| {
            let expected =
                "solutions/day01-x/mutants.toml has an entry that is no mutant any more: src/a.rs f: x -> gone\n";
            assert_eq!(faults(day), expected);
            assert!(!is_enough(day));
        });
    }
}
