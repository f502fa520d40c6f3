//! The exercises on disk.

use crate::{error::GradeError, exercise::Exercise, handout};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The course in a checkout.
#[derive(Debug, Clone)]
pub struct Catalog {
    root: PathBuf,
    exercises: Vec<Exercise>,
    is_handout: bool,
}

impl Catalog {
    /// Reads the course that `folder` is inside of.
    ///
    /// # Errors
    /// When there is none, or when an exercise's metadata is not sound.
    pub fn find(folder: &Path) -> Result<Catalog, GradeError> {
        let is_root = |folder: &&Path| folder.join("Cargo.toml").is_file() && folder.join("exercises").is_dir();
        match folder.ancestors().find(is_root) {
            Some(root) => Catalog::read(root),
            None => Err(GradeError::NoCourse(folder.to_owned())),
        }
    }

    /// Reads the course whose checkout is at `root`.
    ///
    /// # Errors
    /// When an exercise's metadata is missing or not sound.
    pub fn read(root: &Path) -> Result<Catalog, GradeError> {
        let folder = root.join("exercises");
        let mut exercises = Vec::new();
        for entry in fs::read_dir(&folder).map_err(GradeError::reading(&folder))? {
            let entry = entry.map_err(GradeError::reading(&folder))?;
            let id = entry.file_name().to_string_lossy().into_owned();
            if !id.starts_with("day") {
                continue;
            }
            let path = entry.path().join("exercise.toml");
            match fs::read_to_string(&path) {
                Ok(text) => {
                    let exercise = Exercise::parse(&id, &text);
                    exercises.push(exercise.map_err(|fault| GradeError::Metadata { path, fault })?);
                }
                // A day is one as soon as it has metadata; before that it is somebody's work in progress.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(GradeError::reading(path)(error)),
            }
        }
        exercises.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Catalog { root: root.to_owned(), exercises, is_handout: handout::is_handout(root) })
    }

    /// The root of the checkout.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether it is a hand-out: without solutions and hidden tests.
    pub fn is_handout(&self) -> bool {
        self.is_handout
    }

    /// All exercises in order.
    pub fn exercises(&self) -> &[Exercise] {
        &self.exercises
    }

    /// The exercises with these names, in order of day; all of them when no name is given. A name is `3`, `03`, `day03`
    /// or `day03-notes-api`.
    ///
    /// # Errors
    /// When a name is no exercise's; the nearest one is suggested.
    pub fn select(&self, names: &[String]) -> Result<Vec<&Exercise>, GradeError> {
        if names.is_empty() {
            return Ok(self.exercises.iter().collect());
        }
        let mut selected = Vec::new();
        for name in names {
            let found = self.exercises.iter().find(|exercise| is_named(exercise, name));
            selected.push(found.ok_or_else(|| self.unknown_day(name))?);
        }
        selected.sort_by(|a, b| a.id.cmp(&b.id));
        selected.dedup_by(|a, b| a.id == b.id);
        Ok(selected)
    }

    fn unknown_day(&self, name: &str) -> GradeError {
        let forms = self.exercises.iter().flat_map(|exercise| {
            let slug = exercise.id.split_once('-').map_or("", |(_, slug)| slug);
            [exercise.id.as_str(), slug, exercise.metadata.title.as_str()].map(|form| (form, exercise.id.as_str()))
        });
        GradeError::UnknownDay { name: name.to_owned(), suggestion: nearest(name, forms) }
    }
}

fn is_named(exercise: &Exercise, name: &str) -> bool {
    let name = name.trim_end_matches('/');
    let number = name.strip_prefix("day").unwrap_or(name);
    exercise.id == name
        || exercise.id.split_once('-').is_some_and(|(_, slug)| slug == name)
        || number.parse() == Ok(exercise.number)
}

/// The value whose form is most like `name`, if any is like it.
pub(crate) fn nearest<'a>(name: &str, forms: impl Iterator<Item = (&'a str, &'a str)>) -> Option<String> {
    let alike = |form: &str| strsim::jaro_winkler(&name.to_lowercase(), &form.to_lowercase());
    let best = forms.map(|(form, value)| (alike(form), value)).max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(likeness, _)| *likeness > 0.7).map(|(_, value)| value.to_owned())
}

/// The name of an exercise's reference implementation: its package and its program.
pub fn solution_package(id: &str) -> String {
    format!("{id}-solution")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(ids: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("Cargo.toml"), "").unwrap();
        for id in ids {
            let folder = root.path().join("exercises").join(id);
            fs::create_dir_all(&folder).unwrap();
            let text = "title = \"T\"\nweek = 1\nkind = \"command\"\nthemes = []\nminutes = 1\neditable = []\n\
                        [[checkpoint]]\nname = \"a\"\ntier = \"core\"\npoints = 1\nsummary = \"\"\nhints = []\n";
            fs::write(folder.join("exercise.toml"), text).unwrap();
        }
        root
    }

    fn ids(catalog: &Catalog, names: &[&str]) -> Result<Vec<String>, String> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let selected = catalog.select(&names).map_err(|error| error.to_string())?;
        Ok(selected.iter().map(|exercise| exercise.id.clone()).collect())
    }

    #[test]
    fn a_day_has_many_names() {
        let root = course(&["day10-resp-kv", "day03-notes-api"]);
        let catalog = Catalog::find(&root.path().join("exercises/day03-notes-api")).unwrap();
        for name in ["3", "03", "day03", "day3", "day03-notes-api", "day03-notes-api/", "notes-api"] {
            assert_eq!(ids(&catalog, &[name]).unwrap(), ["day03-notes-api"], "{name}");
        }
        assert_eq!(ids(&catalog, &["10", "3", "03"]).unwrap(), ["day03-notes-api", "day10-resp-kv"]);
        assert_eq!(ids(&catalog, &[]).unwrap().len(), 2);
    }

    #[test]
    fn the_nearest_day_is_suggested() {
        let root = course(&["day10-resp-kv", "day03-notes-api"]);
        let catalog = Catalog::read(root.path()).unwrap();
        assert!(ids(&catalog, &["note-api"]).unwrap_err().contains("did you mean day03-notes-api?"));
        assert!(ids(&catalog, &["day10-respkv"]).unwrap_err().contains("did you mean day10-resp-kv?"));
        assert!(!ids(&catalog, &["zzz"]).unwrap_err().contains("did you mean"));
    }

    #[test]
    fn outside_of_the_course_there_is_no_catalog() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Catalog::find(folder.path()), Err(GradeError::NoCourse(_))));
    }
}
