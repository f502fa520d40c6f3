//! In which order a mutant meets the tests. The first failure decides, so the test that will fail should come first.

use super::{
    list::Mutant,
    verdicts::{Entry, Outcome},
};
use std::{cmp::Reverse, collections::HashMap};

/// A test, as far as the order is concerned.
#[derive(Debug)]
struct Candidate {
    name: String,
    /// How long it takes on the solution.
    millis: u64,
    /// How many mutants it has caught.
    catches: u64,
}

/// Learns from each mutant that is caught.
#[derive(Debug)]
pub struct Order {
    tests: Vec<Candidate>,
    /// How many mutants of a function each test has caught, by file, function, and place of the test.
    in_function: HashMap<(String, String, usize), u64>,
    /// The test that has caught a mutant before the sources were changed, by [`Mutant::name`].
    before: HashMap<String, usize>,
}

impl Order {
    /// For tests with these names, and with the time that each takes on the solution.
    pub fn new(tests: impl IntoIterator<Item = (String, u64)>) -> Order {
        let tests = tests.into_iter().map(|(name, millis)| Candidate { name, millis, catches: 0 });
        Order { tests: tests.collect(), in_function: HashMap::new(), before: HashMap::new() }
    }

    /// Learns from a verdict of an earlier run.
    pub fn remember(&mut self, entry: &Entry) {
        if let Outcome::Caught { by, .. } = &entry.outcome
            && let Some(test) = self.tests.iter().position(|test| test.name == *by)
        {
            self.add(&entry.file, &entry.function, test);
            self.before.insert(entry.mutant.clone(), test);
        }
    }

    /// Learns that the test at this place has caught a mutant.
    pub fn learn(&mut self, mutant: &Mutant, test: usize) {
        self.add(&mutant.file, &mutant.function, test);
    }

    fn add(&mut self, file: &str, function: &str, test: usize) {
        if let Some(candidate) = self.tests.get_mut(test) {
            candidate.catches += 1;
            *self.in_function.entry((file.to_owned(), function.to_owned(), test)).or_default() += 1;
        }
    }

    /// The places of the tests in the order for this mutant: the one that has caught it before; those that have caught
    /// others of the same function; and then those that promise most catches for their time.
    pub fn of(&self, mutant: &Mutant) -> Vec<usize> {
        let before = self.before.get(&mutant.name());
        let mut places: Vec<_> = (0..self.tests.len()).collect();
        places.sort_by_cached_key(|&place| {
            let Candidate { millis, catches, .. } = self.tests[place];
            let key = (mutant.file.clone(), mutant.function.clone(), place);
            let in_function = self.in_function.get(&key).copied().unwrap_or_default();
            // Nobody starts with a promise of nothing: a quick test that has caught none yet is worth trying early.
            let promise = (catches + 1) * 1_000_000 / (millis + 10);
            Reverse((before == Some(&place), in_function, promise))
        });
        places
    }
}

#[cfg(test)]
mod tests {
    use super::{super::list::tests::mutant, *};

    fn order() -> Order {
        Order::new([("slow".to_owned(), 2000), ("quick".to_owned(), 20), ("middle".to_owned(), 200)])
    }

    #[test]
    fn quick_tests_come_first_as_long_as_nothing_is_known() {
        assert_eq!(order().of(&mutant("f", "a", "b")), [1, 2, 0]);
    }

    #[test]
    fn a_test_that_catches_much_is_worth_its_time() {
        let mut order = order();
        for _ in 0..20 {
            order.learn(&mutant("g", "a", "b"), 2);
        }
        assert_eq!(order.of(&mutant("f", "a", "b")), [2, 1, 0]);
    }

    #[test]
    fn the_test_that_caught_a_mutant_of_the_same_function_comes_first() {
        let mut order = order();
        order.learn(&mutant("f", "a", "b"), 0);
        assert_eq!(order.of(&mutant("f", "c", "d")), [0, 1, 2]);
        assert_eq!(order.of(&mutant("g", "c", "d")), [1, 2, 0]);
    }

    #[test]
    fn the_test_that_caught_this_very_mutant_comes_before_all() {
        let mut order = order();
        order.learn(&mutant("f", "c", "d"), 1);
        let entry = serde_json::json!({
            "key": "old", "mutant": mutant("f", "a", "b").name(), "file": "src/a.rs", "function": "f",
            "outcome": "caught", "by": "slow",
        });
        order.remember(&serde_json::from_value(entry).unwrap());
        order.learn(&mutant("f", "c", "d"), 1);
        assert_eq!(order.of(&mutant("f", "a", "b")), [0, 1, 2]);
        assert_eq!(order.of(&mutant("f", "x", "y")), [1, 0, 2]);
    }
}
