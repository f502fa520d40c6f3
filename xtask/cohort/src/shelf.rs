//! The folder that a run leaves: a manifest, and a record for each learner.

use crate::{
    late::Rule,
    roster::{Learner, file_name},
};
use grader::{receipt::Conditions, report::Report, store};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The version of manifest and records.
const VERSION: u32 = 1;

/// What is graded, for whom, and under which conditions. The shards of a cohort have the same one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub version: u32,
    /// The exercises.
    pub days: Vec<String>,
    /// The seed of all random input.
    pub seed: u64,
    pub conditions: Conditions,
    /// The hash of everything that the tests are made of.
    pub tests: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub due: Option<String>,
    pub late: Rule,
    /// Everybody, in order of ids.
    pub roster: Vec<Learner>,
}

/// What became of a learner's submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub version: u32,
    pub learner: Learner,
    /// Why there is no report, in words for the learner: nothing was submitted, or it could not be read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    pub seconds_late: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub report: Option<Report>,
}

impl Record {
    pub fn of(learner: &Learner, seconds_late: i64, outcome: Result<Report, String>) -> Record {
        let (report, reason) = match outcome {
            Ok(report) => (Some(report), None),
            Err(reason) => (None, Some(reason)),
        };
        Record { version: VERSION, learner: learner.clone(), reason, seconds_late, report }
    }

    /// Whether some day could not be graded through no fault of the learner's.
    pub fn has_fault(&self) -> bool {
        self.report.as_ref().is_some_and(|report| report.exit_code() == crate::COULD_NOT)
    }

    /// The points, less what lateness costs; none while there is no verdict through no fault of the learner's.
    pub fn grade(&self, late: Rule) -> Option<f64> {
        let left = f64::from(late.percent_left(self.seconds_late)) / 100.0;
        let points = self.report.as_ref().map_or(0, |report| report.points);
        (!self.has_fault()).then(|| f64::from(points) * left)
    }
}

/// A folder with a manifest.
#[derive(Debug)]
pub struct Shelf {
    folder: PathBuf,
    pub manifest: Manifest,
}

impl Manifest {
    pub fn new(days: Vec<String>, seed: u64, conditions: Conditions, tests: String, roster: Vec<Learner>) -> Manifest {
        Manifest { version: VERSION, days, seed, conditions, tests, due: None, late: Rule::default(), roster }
    }
}

impl Shelf {
    /// Begins a shelf, or goes on with one that was begun under the same manifest.
    pub fn begin(folder: &Path, manifest: Manifest) -> Result<Shelf, String> {
        if folder.join("manifest.json").exists() {
            let shelf = Shelf::open(folder)?;
            return match difference(&shelf.manifest, &manifest) {
                None => Ok(shelf),
                Some(what) => Err(format!(
                    "{} was begun with {what}; give another --out, or use `cargo xtask cohort regrade`",
                    folder.display()
                )),
            };
        }
        let reports = folder.join("reports");
        fs::create_dir_all(&reports).map_err(|error| format!("cannot make {}: {error}", reports.display()))?;
        let shelf = Shelf { folder: folder.to_owned(), manifest };
        shelf.write("manifest.json", &shelf.manifest)?;
        Ok(shelf)
    }

    /// Opens a shelf that is there.
    pub fn open(folder: &Path) -> Result<Shelf, String> {
        let path = folder.join("manifest.json");
        match read::<Manifest>(&path)? {
            Some(manifest) if manifest.version == VERSION => Ok(Shelf { folder: folder.to_owned(), manifest }),
            Some(manifest) => Err(format!("{} has version {}, not {VERSION}", path.display(), manifest.version)),
            None => Err(format!("{} is no shelf: it has no manifest.json", folder.display())),
        }
    }

    /// What is known of a learner.
    pub fn record(&self, id: &str) -> Result<Option<Record>, String> {
        read(&self.folder.join(name_of_record(id)))
    }

    /// Keeps a record in the place of an earlier one.
    pub fn keep(&self, record: &Record) -> Result<(), String> {
        self.write(&name_of_record(&record.learner.id), record)
    }

    /// What was there before each beginning anew, from the first one.
    pub fn earlier(&self) -> Result<Vec<Shelf>, String> {
        self.asides()
            .take_while(|aside| aside.join("manifest.json").exists())
            .map(|aside| Shelf::open(&aside))
            .collect()
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Begins anew under another manifest. What was there is in a folder `before-1`, `before-2` … from then on; returns that
    /// and the new one. A beginning anew that was killed is gone on with, so that everybody is compared with what was before it.
    pub fn begin_anew(self, manifest: Manifest) -> Result<(Shelf, Shelf), String> {
        let (aside, goes_on) = match self.unfinished()? {
            Some(aside) => (aside, difference(&self.manifest, &manifest).is_none()),
            None => (self.put_aside()?, false),
        };
        let reports = self.folder.join("reports");
        let named = |error: io::Error| format!("cannot make {} anew: {error}", reports.display());
        let now = Shelf { folder: self.folder.clone(), manifest };
        if !goes_on {
            match fs::remove_dir_all(&reports) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(named(error)),
                _ => {}
            }
            now.write("manifest.json", &now.manifest)?;
        }
        fs::create_dir_all(&reports).map_err(named)?;
        Ok((Shelf::open(&aside)?, now))
    }

    /// What an earlier beginning anew has put aside, if it has not come to its end.
    fn unfinished(&self) -> Result<Option<PathBuf>, String> {
        let Some(latest) = self.asides().take_while(|aside| aside.join("reports").exists()).last() else {
            return Ok(None);
        };
        for learner in &self.manifest.roster {
            if self.record(&learner.id)?.is_none() {
                return Ok(Some(latest));
            }
        }
        Ok(None)
    }

    /// Copies the manifest aside and moves the records there, which is the step that counts.
    fn put_aside(&self) -> Result<PathBuf, String> {
        let free = self.asides().find(|aside| !aside.join("reports").exists());
        let aside = free.ok_or("there is no free name")?;
        let moved = fs::create_dir_all(&aside).and_then(|()| {
            fs::copy(self.folder.join("manifest.json"), aside.join("manifest.json"))?;
            fs::rename(self.folder.join("reports"), aside.join("reports"))
        });
        moved.map_err(|error| format!("cannot put the earlier reports into {}: {error}", aside.display()))?;
        Ok(aside)
    }

    /// The folders `before-1`, `before-2` …, there or not.
    fn asides(&self) -> impl Iterator<Item = PathBuf> {
        (1_u32..).map(|number| self.folder.join(format!("before-{number}")))
    }

    fn write(&self, name: &str, value: &impl Serialize) -> Result<(), String> {
        let path = self.folder.join(name);
        let mut text = serde_json::to_string_pretty(value).map_err(|error| format!("{}: {error}", path.display()))?;
        text.push('\n');
        store::write(&path, text.as_bytes()).map_err(|error| error.to_string())
    }
}

fn name_of_record(id: &str) -> String {
    format!("reports/{}.json", file_name(id))
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, String> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("cannot read {}: {error}", path.display())),
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| format!("{} is damaged: {error}; delete it to have it made again", path.display())),
    }
}

/// What is not the same, in words.
pub fn difference(one: &Manifest, other: &Manifest) -> Option<&'static str> {
    let same = [
        (one.roster == other.roster, "another roster"),
        (one.days == other.days, "other days"),
        (one.tests == other.tests, "other tests"),
        (one.conditions == other.conditions, "another toolchain, sandbox or commit of the course"),
        (one.seed == other.seed, "another seed"),
        ((&one.due, one.late) == (&other.due, other.late), "another due time or rule for what is late"),
    ];
    same.into_iter().find(|(is_same, _)| !is_same).map(|(_, what)| what)
}
