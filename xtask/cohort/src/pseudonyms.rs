//! Names for learners who are not to be recognised.
//!
//! The order of a roster gives people away to whoever has the class list, so numbers are dealt out at random. They are kept in
//! the cohort's folder: the same learner has the same number in every later report and bundle.

use crate::{
    roster::file_name,
    shelf::{Record, Shelf},
};
use grader::store;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    hash::{BuildHasher, RandomState},
    io,
};

/// A number for each id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pseudonyms {
    numbers: BTreeMap<String, u32>,
}

/// Beside the manifest. Who has this file knows who is who.
const FILE: &str = "pseudonyms.json";

impl Pseudonyms {
    /// Reads the numbers of a cohort, and deals out those of learners who have none yet.
    pub fn of(shelf: &Shelf) -> Result<Pseudonyms, String> {
        let path = shelf.folder().join(FILE);
        let numbers = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(format!("cannot read {}: {error}", path.display())),
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                format!("{} is damaged: {error}; without it everybody gets another number", path.display())
            })?,
        };
        let known = Pseudonyms { numbers };
        let all = known.clone().with(shelf.manifest.roster.iter().map(|learner| learner.id.as_str()));
        if all != known {
            let text = serde_json::to_string_pretty(&all.numbers).map_err(|error| error.to_string())? + "\n";
            store::write(&path, text.as_bytes()).map_err(|error| error.to_string())?;
        }
        Ok(all)
    }

    fn with<'a>(mut self, ids: impl Iterator<Item = &'a str>) -> Pseudonyms {
        let mut new: Vec<_> = ids.filter(|id| !self.numbers.contains_key(*id)).collect();
        let random = RandomState::new();
        new.sort_by_key(|id| random.hash_one(id));
        let taken: BTreeSet<u32> = self.numbers.values().copied().collect();
        let free = (1..).filter(|number| !taken.contains(number));
        self.numbers.extend(new.into_iter().map(str::to_owned).zip(free));
        self
    }

    /// "Learner 17"
    pub fn name(&self, id: &str) -> String {
        self.numbers.get(id).map_or_else(|| "Learner".to_owned(), |number| format!("Learner {number}"))
    }
}

/// What is put in the place of everything that names a learner.
#[derive(Debug, Clone, Default)]
pub struct Mask {
    words: Vec<String>,
    instead: String,
}

impl Mask {
    /// Hides what the roster says about a learner behind `instead`.
    pub fn new(record: &Record, instead: &str) -> Mask {
        let learner = &record.learner;
        let mut mask = Mask::of_place(record, instead);
        mask.words.extend([learner.name.clone(), learner.email.clone()]);
        // The local part of an address is a name, too, and so is each part of a name that is more than an initial.
        mask.words.extend(learner.email.split('@').next().map(str::to_owned));
        let parts = learner.name.split_whitespace();
        mask.words.extend(parts.filter(|part| part.chars().count() > 1).map(str::to_owned));
        mask.sorted()
    }

    /// Hides only where the submission is.
    pub fn of_place(record: &Record, instead: &str) -> Mask {
        let learner = &record.learner;
        let mut words = vec![learner.submission.clone(), learner.id.clone(), file_name(&learner.id)];
        words.extend(record.report.as_ref().map(|report| report.subject.clone()));
        Mask { words, instead: instead.to_owned() }.sorted()
    }

    /// The longest first, or a part of a word would be left.
    fn sorted(mut self) -> Mask {
        self.words.retain(|word| !word.is_empty());
        self.words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        self
    }

    /// The text without those words.
    pub fn hide(&self, text: &str) -> String {
        self.words.iter().fold(text.to_owned(), |text, word| replace(&text, word, &self.instead))
    }
}

/// Replaces a word. A short one has to stand alone, or it would take other words apart.
fn replace(text: &str, word: &str, instead: &str) -> String {
    const SHORT: usize = 4;
    if word.len() >= SHORT {
        return text.replace(word, instead);
    }
    let mut result = String::with_capacity(text.len());
    let mut end = 0;
    for (start, _) in text.match_indices(word) {
        let stands_alone = !text[..start].ends_with(char::is_alphanumeric)
            && !text[start + word.len()..].starts_with(char::is_alphanumeric);
        if stands_alone {
            result.push_str(&text[end..start]);
            result.push_str(instead);
            end = start + word.len();
        }
    }
    result.push_str(&text[end..]);
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::Learner;

    #[test]
    fn who_has_a_number_keeps_it_and_nobody_shares_one() {
        let first = Pseudonyms::default().with(["ada", "bob", "cem"].into_iter());
        let more = first.clone().with(["aaa", "ada", "bob", "cem", "zoe"].into_iter());
        for id in ["ada", "bob", "cem"] {
            assert_eq!(first.name(id), more.name(id));
        }
        let numbers: BTreeSet<_> = more.numbers.values().copied().collect();
        assert_eq!(numbers, (1..=5).collect());
    }

    #[test]
    fn numbers_do_not_follow_the_roster() {
        let ids: Vec<String> = (0..40).map(|number| format!("{number:02}")).collect();
        let dealt = Pseudonyms::default().with(ids.iter().map(String::as_str));
        assert!(!dealt.numbers.values().is_sorted(), "{dealt:?}");
    }

    #[test]
    fn a_mask_hides_all_that_the_roster_says() {
        let learner = Learner {
            id: "u17".to_owned(),
            name: "Zoë Müller".to_owned(),
            email: "zoe.m@example.org".to_owned(),
            submission: "handed-in/zoe.zip".to_owned(),
            submitted_at: String::new(),
        };
        let record = Record::of(&learner, 0, Err(String::new()));
        let text = "no handed-in/zoe.zip of u17: Zoë Müller (zoe.m@example.org), Müller, zoe.m";
        let hidden = Mask::new(&record, "Learner 4").hide(text);
        // A short id stands alone, or the text would be taken apart.
        let one = Record::of(&Learner { id: "7".to_owned(), ..learner }, 0, Err(String::new()));
        assert_eq!(
            Mask::of_place(&one, "<id>").hide("there is no 7 and no 7.zip, 17 ms"),
            "there is no <id> and no <id>.zip, 17 ms"
        );
        assert_eq!(hidden, "no Learner 4 of Learner 4: Learner 4 (Learner 4), Learner 4, Learner 4");
    }
}
