//! Keeps reports below `.thirty` in the course, where Git does not see them.

use crate::{
    catalog::Catalog,
    error::GradeError,
    progress::{Damaged, Progress, Standing},
    receipt::{Conditions, Receipt, hash},
    report::{DayReport, Report, VERSION},
};
use serde::Serialize;
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// The reports of a checkout.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// The store of the course at `root`. Nothing is made before something is kept.
    pub fn of(root: &Path) -> Store {
        Store { folder: root.join(".thirty") }
    }

    /// Keeps the report of the latest run, and of each day in it, from which [`Store::progress`] is derived.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, report: &Report) -> Result<PathBuf, GradeError> {
        let days = self.days();
        fs::create_dir_all(&days).map_err(GradeError::writing(&days))?;
        for day in &report.days {
            let alone = Report {
                conditions: report.conditions.clone(),
                ..Report::new(report.subject.clone(), report.seed, report.partial, vec![day.clone()])
            };
            write(&days.join(format!("{}.json", day.id)), crate::render::json(&alone).as_bytes())?;
        }
        let path = self.folder.join("report.json");
        write(&path, crate::render::json(report).as_bytes())?;
        Ok(path)
    }

    /// Where the learner stands: the latest report on each day. One that cannot be read is named and passed over.
    pub fn progress<'a>(&self, catalog: &'a Catalog) -> Progress<'a> {
        let mut damaged = Vec::new();
        let standings = catalog.exercises().iter().map(|exercise| {
            let path = self.days().join(format!("{}.json", exercise.id));
            let report = read_day(&path, &exercise.id).unwrap_or_else(|why| {
                damaged.push(Damaged { path, why });
                None
            });
            Standing { exercise, report }
        });
        let standings = standings.collect();
        Progress { standings, damaged, visible_only: catalog.is_handout() }
    }

    fn days(&self) -> PathBuf {
        self.folder.join("days")
    }
}

/// The day in a report on it alone; none when there is no such file.
fn read_day(path: &Path, id: &str) -> Result<Option<DayReport>, String> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read.map_err(|error| error.to_string())?,
    };
    let report: Report = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    if report.version != VERSION {
        return Err(format!("its version is {}, and this course reads version {VERSION}", report.version));
    }
    let day = report.days.into_iter().find(|day| day.id == id);
    day.map(Some).ok_or_else(|| format!("it has no day {id}"))
}

/// Verdicts on days of submissions, by everything that they depend on. An unchanged day is not graded twice, and a grader
/// that was killed goes on where it was.
#[derive(Debug, Clone)]
pub struct Verdicts {
    folder: PathBuf,
    is_read: bool,
}

/// Everything that a verdict depends on, as one hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// The key of a day: the files, the tests, how it was compiled, and the conditions.
    pub fn new(
        day: &str,
        receipt: &Receipt,
        conditions: &Conditions,
        seed: u64,
        checkpoint: Option<&str>,
        recipe: &impl Serialize,
    ) -> Key {
        // The course's commit is not part of it: what matters of the course is in the tests and in the recipe.
        let Conditions { course: _, toolchain, sandbox_tier, limits, deadlines_percent, visible_only } = conditions;
        let all = serde_json::json!([
            VERSION,
            day,
            receipt,
            toolchain,
            sandbox_tier,
            limits,
            deadlines_percent,
            visible_only,
            seed,
            checkpoint,
            recipe
        ]);
        Key(hash(all.to_string().as_bytes()))
    }
}

impl Verdicts {
    /// The verdicts that are kept in the course at `root`.
    pub fn of(root: &Path) -> Verdicts {
        Verdicts { folder: root.join(".thirty").join("verdicts"), is_read: true }
    }

    /// The same, but every verdict is made again and replaces the one before.
    pub fn afresh(self) -> Verdicts {
        Verdicts { is_read: false, ..self }
    }

    /// The verdict of an earlier run. One that cannot be read is made again.
    pub fn get(&self, key: &Key) -> Option<DayReport> {
        let bytes = if self.is_read { fs::read(self.path(key)).ok()? } else { return None };
        serde_json::from_slice(&bytes).ok()
    }

    /// Keeps a verdict.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, key: &Key, report: &DayReport) -> Result<(), GradeError> {
        let path = self.path(key);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(GradeError::writing(folder))?;
        }
        let json = serde_json::to_vec(report).map_err(|error| GradeError::writing(&path)(error.into()))?;
        write(&path, &json)
    }

    /// In 256 folders, or one of them would hold a whole term's.
    fn path(&self, Key(hash): &Key) -> PathBuf {
        let (first, rest) = hash.split_at(2.min(hash.len()));
        self.folder.join(first).join(format!("{rest}.json"))
    }
}

/// Writes a whole file or nothing: to a temporary file beside it, which then takes its name.
///
/// # Errors
/// When it cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), GradeError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(GradeError::writing(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_replaces_the_one_before() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::of(root.path());
        for seed in [1, 2] {
            let path = store.keep(&Report::new("stubs".to_owned(), seed, false, Vec::new())).unwrap();
            let kept: Report = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            assert_eq!(kept.seed, seed);
        }
        let names = fs::read_dir(root.path().join(".thirty")).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.collect();
        names.sort();
        assert_eq!(names, ["days", "report.json"]);
    }

    #[test]
    fn what_cannot_be_written_is_named() {
        let error = write(Path::new("/nowhere/report.json"), b"").unwrap_err();
        assert!(error.to_string().contains("/nowhere/report.json"), "{error}");
    }
}
