//! What has become known of mutants: `target/mutants/<day>.jsonl`, a line for each verdict as soon as it is there. A verdict holds
//! as long as solution, mutant and tests are the same, so a run that was killed goes on, and the next one tries only what has
//! changed.

use super::list::Mutant;
use crate::journal::{self, Journal};
use grader::receipt::hash;
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

/// What became of a mutant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// A test fails, as it should.
    Caught {
        /// The test.
        by: String,
        /// Whether it waited in vain.
        #[serde(default)]
        timeout: bool,
    },
    /// No test fails.
    Survived,
    /// It does not compile, so it says nothing about tests.
    NotViable,
}

/// A verdict.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Entry {
    /// A hash of everything that the verdict depends on.
    key: String,
    /// [`Mutant::name`].
    pub mutant: String,
    pub file: String,
    pub function: String,
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// The verdicts on the mutants of a day.
#[derive(Debug)]
pub struct Verdicts {
    path: PathBuf,
    /// A hash of the solution and its tests.
    sources: String,
    known: HashMap<String, Outcome>,
    /// All verdicts that were ever given, also on other sources.
    pub earlier: Vec<Entry>,
    journal: Option<Journal>,
}

impl Verdicts {
    /// Those on a day whose solution and tests are in these folders.
    pub fn read(path: PathBuf, folders: &[PathBuf]) -> Result<Verdicts, String> {
        let earlier: Vec<Entry> = journal::read(&path)?;
        let known = earlier.iter().map(|entry| (entry.key.clone(), entry.outcome.clone())).collect();
        Ok(Verdicts { path, sources: hash_of(folders)?, known, earlier, journal: None })
    }

    /// Takes no verdict for known.
    pub fn forget(&mut self) {
        self.known.clear();
    }

    /// What is known of a mutant.
    pub fn get(&self, mutant: &Mutant) -> Option<&Outcome> {
        self.known.get(&self.key(mutant))
    }

    /// Writes down what became of a mutant.
    pub fn add(&mut self, mutant: &Mutant, outcome: Outcome) -> Result<(), String> {
        let key = self.key(mutant);
        let (file, function) = (mutant.file.clone(), mutant.function.clone());
        let entry = Entry { key: key.clone(), mutant: mutant.name(), file, function, outcome: outcome.clone() };
        if self.journal.is_none() {
            self.journal = Some(Journal::open(&self.path)?);
        }
        self.journal.as_mut().map_or(Ok(()), |journal| journal.append(&entry))?;
        self.known.insert(key, outcome);
        Ok(())
    }

    fn key(&self, mutant: &Mutant) -> String {
        hash(format!("{}\n{}", self.sources, mutant.change.text()).as_bytes())
    }
}

/// A hash of all files in these folders, but for what changes no program and no test.
fn hash_of(folders: &[PathBuf]) -> Result<String, String> {
    let mut text = String::new();
    for folder in folders {
        let files = walkdir::WalkDir::new(folder).sort_by_file_name();
        let is_counted =
            |path: &Path| !path.ends_with("flawed") && !path.ends_with("mutants.toml") && !path.ends_with("NOTES.md");
        for entry in files.into_iter().filter_entry(|entry| is_counted(entry.path())) {
            let entry = entry.map_err(|error| format!("cannot list {}: {error}", folder.display()))?;
            if entry.file_type().is_file() {
                let path = entry.path();
                let bytes = fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
                let inside = path.strip_prefix(folder).unwrap_or(path).display();
                text.push_str(&format!("{inside} {}\n", hash(&bytes)));
            }
        }
        text.push('\n');
    }
    Ok(hash(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::{super::list::tests::mutant, *};

    #[test]
    fn a_verdict_holds_until_solution_or_tests_or_mutant_change() {
        let folder = tempfile::tempdir().unwrap();
        let (solution, path) = (folder.path().join("solution"), folder.path().join("kept/day01.jsonl"));
        for (file, text) in [("src/main.rs", "a"), ("tests/hidden.rs", "b"), ("flawed/x.patch", "c")] {
            fs::create_dir_all(solution.join(file).parent().unwrap()).unwrap();
            fs::write(solution.join(file), text).unwrap();
        }
        let verdicts = || Verdicts::read(path.clone(), std::slice::from_ref(&solution)).unwrap();
        let (one, other) = (mutant("a", "x", "y"), mutant("a", "x", "z"));
        let caught = Outcome::Caught { by: "hidden::a::b".to_owned(), timeout: false };
        verdicts().add(&one, caught.clone()).unwrap();
        verdicts().add(&one, Outcome::Survived).unwrap();
        verdicts().add(&one, caught.clone()).unwrap();
        assert_eq!((verdicts().get(&one), verdicts().get(&other)), (Some(&caught), None));
        fs::write(solution.join("flawed/x.patch"), "another mistake").unwrap();
        fs::write(solution.join("mutants.toml"), "").unwrap();
        assert_eq!(verdicts().get(&one), Some(&caught));
        fs::write(solution.join("tests/hidden.rs"), "a better test").unwrap();
        assert_eq!(verdicts().get(&one), None);
        assert_eq!(verdicts().earlier.len(), 3);
    }
}
