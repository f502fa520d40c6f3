//! A learner's work on a day: its files, and the truth about them.

use super::{DayTruth, flawed::Flawed, repository};
use fastrand::Rng;
use std::{collections::BTreeMap, fs, path::Path};

/// Files by their paths.
pub type Files = BTreeMap<String, Vec<u8>>;

/// A day of this course.
#[derive(Debug, Clone, Copy)]
pub struct Day {
    pub id: &'static str,
}

/// What is handed in for a day.
#[derive(Debug, Clone)]
pub struct Work {
    pub day: Day,
    /// Below the day's folder.
    pub files: Files,
    /// Below the root of the submission.
    pub elsewhere: Files,
    pub truth: DayTruth,
}

/// Ways not to compile.
const BROKEN: [&str; 4] = [
    "fn main() { let number: u32 = \"three\"; }\n",
    "fn main() {\n",
    "use nowhere::Thing;\nfn main() {}\n",
    "<<<<<<< HEAD\nfn main() {}\n=======\n>>>>>>> mine\n",
];

impl Day {
    pub fn of(id: &'static str) -> Day {
        Day { id }
    }
}

impl Work {
    pub fn new(day: Day, files: Files, truth: DayTruth) -> Work {
        Work { day, files, elsewhere: Files::new(), truth }
    }

    /// The reference solution.
    pub fn solution(day: Day) -> Work {
        Work::new(day, edited(&repository().join("solutions").join(day.id)), DayTruth::Star)
    }

    /// The solution with one of the mistakes that the course knows, but for those that the checkpoints `without` name.
    pub fn flawed(day: Day, without: &[&str], random: &mut Rng) -> Work {
        let solution = repository().join("solutions").join(day.id);
        let mut variants = Flawed::all(&solution).unwrap();
        variants.retain(|variant| !without.contains(&variant.checkpoint.as_str()));
        let variant = &variants[random.usize(..variants.len())];
        let folder = tempfile::tempdir().unwrap();
        variant.change.apply(&solution, folder.path()).unwrap();
        Work::new(day, edited(folder.path()), DayTruth::Fails(variant.checkpoint.clone()))
    }

    /// What the course gives out.
    pub fn stub(day: Day) -> Work {
        Work::new(day, edited(&repository().join("exercises").join(day.id)), DayTruth::Nothing)
    }

    pub fn does_not_compile(day: Day, random: &mut Rng) -> Work {
        let main = BROKEN[random.usize(..BROKEN.len())];
        Work::new(day, Files::from([("src/main.rs".to_owned(), main.into())]), DayTruth::DoesNotCompile)
    }

    /// A line of their own, so that no two learners hand in the same files.
    pub fn sign(&mut self, id: &str) {
        if let Some(main) = self.files.get_mut("src/main.rs") {
            main.extend(format!("\n// {}\n", id.escape_debug()).into_bytes());
        }
    }
}

/// The files that a learner edits.
fn edited(folder: &Path) -> Files {
    let mut files = Files::new();
    for part in ["src", "migrations"].map(|part| folder.join(part)).iter().filter(|part| part.exists()) {
        for entry in walkdir::WalkDir::new(part) {
            let entry = entry.unwrap();
            if entry.file_type().is_file() {
                let path = entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                files.insert(path, fs::read(entry.path()).unwrap());
            }
        }
    }
    files
}
