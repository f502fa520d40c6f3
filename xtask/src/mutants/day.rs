//! A day: its mutants, what is known of them, and which of them are excused.

use super::{
    equivalent::{self, Equivalent},
    list::Mutant,
    verdicts::{Outcome, Verdicts},
};
use grader::{catalog::Catalog, exercise::Exercise};
use std::path::Path;

/// A day, and those of its mutants that are looked at.
#[derive(Debug)]
pub struct Day<'a> {
    pub exercise: &'a Exercise,
    pub mutants: Vec<Mutant>,
    pub verdicts: Verdicts,
    equivalents: Vec<Equivalent>,
    /// Entries of equivalents that are no mutant any more.
    stale: Vec<String>,
}

/// How many mutants became what.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub mutants: usize,
    /// Of which nothing is known yet.
    pub open: usize,
    pub not_viable: usize,
    pub caught: usize,
    /// Of the caught ones, those for which a test waited in vain.
    pub by_timeout: usize,
    pub survived: usize,
    /// Of the survivors, those that are recorded as equivalent.
    pub explained: usize,
}

/// A random choice of mutants.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// How many of each day.
    pub size: usize,
    pub seed: u64,
}

impl<'a> Day<'a> {
    /// Looks up what is known, in the journals in `folder`.
    pub fn new(
        catalog: &Catalog,
        folder: &Path,
        exercise: &'a Exercise,
        mut mutants: Vec<Mutant>,
        sample: Option<Sample>,
    ) -> Result<Day<'a>, String> {
        let solution = catalog.root().join("solutions").join(&exercise.id);
        let visible = catalog.root().join("exercises").join(&exercise.id).join("tests");
        let equivalents = equivalent::of(&solution)?;
        let stale = equivalents.iter().filter(|entry| !mutants.iter().any(|mutant| entry.is(mutant)));
        let stale = stale.map(Equivalent::shown).collect();
        if let Some(sample) = sample {
            mutants = sample.of(mutants, exercise.number);
        }
        let verdicts = Verdicts::read(folder.join(format!("{}.jsonl", exercise.id)), &[solution, visible])?;
        Ok(Day { exercise, mutants, verdicts, equivalents, stale })
    }

    /// The places of the mutants of which nothing is known.
    pub fn open(&self) -> Vec<usize> {
        (0..self.mutants.len()).filter(|&place| self.verdicts.get(&self.mutants[place]).is_none()).collect()
    }

    pub fn counts(&self) -> Counts {
        let mut counts = Counts { mutants: self.mutants.len(), ..Counts::default() };
        for mutant in &self.mutants {
            match self.verdicts.get(mutant) {
                None => counts.open += 1,
                Some(Outcome::NotViable) => counts.not_viable += 1,
                Some(Outcome::Caught { timeout, .. }) => {
                    counts.caught += 1;
                    counts.by_timeout += usize::from(*timeout);
                }
                Some(Outcome::Survived) => {
                    counts.survived += 1;
                    counts.explained += usize::from(self.is_explained(mutant));
                }
            }
        }
        counts
    }

    /// The survivors that nothing is said for.
    pub fn survivors(&self) -> impl Iterator<Item = &Mutant> {
        let survived = |mutant: &&Mutant| matches!(self.verdicts.get(mutant), Some(Outcome::Survived));
        self.mutants.iter().filter(survived).filter(|mutant| !self.is_explained(mutant))
    }

    /// What is wrong with the record of equivalents: entries of mutants that are gone, or that are no survivors.
    pub fn faults(&self) -> Vec<String> {
        let stale = self.stale.iter().map(|shown| format!("is no mutant any more: {shown}"));
        stale.chain(self.equivalents.iter().filter_map(|entry| self.needless(entry))).collect()
    }

    /// Why an entry excuses nothing, if all its mutants are known.
    fn needless(&self, entry: &Equivalent) -> Option<String> {
        let outcomes: Option<Vec<_>> =
            self.mutants.iter().filter(|mutant| entry.is(mutant)).map(|mutant| self.verdicts.get(mutant)).collect();
        let outcomes = outcomes?;
        let by = outcomes.iter().find_map(|outcome| match outcome {
            Outcome::Caught { by, .. } => Some(format!("is caught, by {by}: {}", entry.shown())),
            _ => None,
        });
        let not_viable = || format!("does not compile: {}", entry.shown());
        let survives = outcomes.contains(&&Outcome::Survived);
        (!survives && !outcomes.is_empty()).then(|| by.unwrap_or_else(not_viable))
    }

    /// Whether it is recorded as equivalent.
    pub fn is_explained(&self, mutant: &Mutant) -> bool {
        self.equivalents.iter().any(|entry| entry.is(mutant))
    }
}

impl Sample {
    /// The sample of a day, in the order of the sources.
    fn of(self, mutants: Vec<Mutant>, day: u8) -> Vec<Mutant> {
        let mut random = fastrand::Rng::with_seed(self.seed.wrapping_add(u64::from(day)));
        let mut numbered: Vec<_> = mutants.into_iter().enumerate().collect();
        random.shuffle(&mut numbered);
        numbered.truncate(self.size);
        numbered.sort_by_key(|(number, _)| *number);
        numbered.into_iter().map(|(_, mutant)| mutant).collect()
    }
}

impl Counts {
    pub fn viable(self) -> usize {
        self.caught + self.survived
    }

    /// The share of the mutants that a test could catch and does, in percent; none when there is no such mutant.
    pub fn score(self) -> Option<f64> {
        let catchable = self.viable() - self.explained;
        (catchable > 0).then(|| 100.0 * self.caught as f64 / catchable as f64)
    }

    pub fn and(self, other: Counts) -> Counts {
        Counts {
            mutants: self.mutants + other.mutants,
            open: self.open + other.open,
            not_viable: self.not_viable + other.not_viable,
            caught: self.caught + other.caught,
            by_timeout: self.by_timeout + other.by_timeout,
            survived: self.survived + other.survived,
            explained: self.explained + other.explained,
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::{super::list::tests::mutant, *};
    use std::fs;

    /// A course with one day, whose mutants became this.
    pub fn day_with(outcomes: &[(&str, Outcome)], equivalents: &str, check: impl FnOnce(&Day<'_>)) {
        let root = tempfile::tempdir().unwrap();
        let metadata = "title = \"T\"\nweek = 1\nkind = \"command\"\nthemes = []\nminutes = 1\neditable = []\n\
                        [[checkpoint]]\nname = \"a\"\ntier = \"core\"\npoints = 1\nsummary = \"\"\nhints = []\n";
        for (file, text) in [
            ("Cargo.toml", ""),
            ("exercises/day01-x/exercise.toml", metadata),
            ("exercises/day01-x/tests/visible.rs", ""),
            ("solutions/day01-x/mutants.toml", equivalents),
        ] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let catalog = Catalog::read(root.path()).unwrap();
        let mutants = outcomes.iter().map(|(after, _)| mutant("f", "x", after)).collect();
        let mut day = Day::new(&catalog, root.path(), &catalog.exercises()[0], mutants, None).unwrap();
        for (after, outcome) in outcomes {
            day.verdicts.add(&mutant("f", "x", after), outcome.clone()).unwrap();
        }
        check(&day);
    }

    pub fn caught(timeout: bool) -> Outcome {
        Outcome::Caught { by: "hidden::a::b".to_owned(), timeout }
    }

    /// An entry of `mutants.toml` for the mutant that has this in the place of `x`.
    pub fn entry(after: &str) -> String {
        format!(
            "[[equivalent]]\nfile = \"src/a.rs\"\nfunction = \"f\"\nline = \"x\"\nreplacement = \"{after}\"\n\
             reason = \"r\"\n"
        )
    }

    #[test]
    fn equivalents_are_no_part_of_the_score() {
        let outcomes = [
            ("a", caught(false)),
            ("b", caught(true)),
            ("c", Outcome::Survived),
            ("d", Outcome::Survived),
            ("e", Outcome::NotViable),
        ];
        day_with(&outcomes, &entry("c"), |day| {
            let counts = day.counts();
            let expected =
                Counts { mutants: 5, open: 0, not_viable: 1, caught: 2, by_timeout: 1, survived: 2, explained: 1 };
            assert_eq!((counts, counts.viable()), (expected, 4));
            assert!((counts.score().unwrap() - 200.0 / 3.0).abs() < 1e-9);
            assert_eq!(day.survivors().map(|mutant| mutant.after.as_str()).collect::<Vec<_>>(), ["d"]);
            assert_eq!(day.faults(), Vec::<String>::new());
        });
    }

    #[test]
    fn an_entry_that_excuses_nothing_is_a_fault() {
        let record = entry("a") + &entry("gone");
        day_with(&[("a", caught(false)), ("b", Outcome::Survived)], &record, |day| {
            let faults = day.faults();
            assert_eq!(faults.len(), 2, "{faults:?}");
            assert!(faults[0].starts_with("is no mutant any more: src/a.rs f: x -> gone"));
            assert!(faults[1].starts_with("is caught, by hidden::a::b: src/a.rs f: x -> a"));
        });
    }

    #[test]
    fn a_sample_is_the_same_for_the_same_seed_and_keeps_the_order() {
        let all = || (0..100).map(|line| Mutant { line, ..mutant("f", "x", "y") }).collect();
        let lines = |seed| Sample { size: 9, seed }.of(all(), 1).iter().map(|mutant| mutant.line).collect::<Vec<_>>();
        assert_eq!((lines(5).len(), lines(5)), (9, lines(5)));
        assert!(lines(5).is_sorted() && lines(5) != lines(6));
    }
}
