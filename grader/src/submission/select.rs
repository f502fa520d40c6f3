//! Which files of a submission count, which are ignored, and which are refused.

use super::{
    entry::{Content, Entry},
    layout,
};
use crate::{
    exercise::Exercise,
    handout::{self, MANIFEST, Manifest},
    report::IgnoredChange,
};
use globset::{Glob, GlobSet, GlobSetBuilder};
use std::collections::BTreeMap;

/// What a learner may change in one exercise.
#[derive(Debug, Clone)]
pub struct Editable {
    /// The exercise's id: `day03-notes-api`.
    pub day: String,
    /// Globs relative to the exercise's folder.
    pub globs: GlobSet,
}

impl Editable {
    /// What `exercise.toml` says.
    ///
    /// # Errors
    /// With a glob that is none.
    pub fn of(exercise: &Exercise) -> Result<Editable, String> {
        let mut globs = GlobSetBuilder::new();
        for glob in &exercise.metadata.editable {
            globs.add(Glob::new(glob).map_err(|error| format!("{}: {error}", exercise.id))?);
        }
        let globs = globs.build().map_err(|error| format!("{}: {error}", exercise.id))?;
        Ok(Editable { day: exercise.id.clone(), globs })
    }
}

/// How much one exercise of a submission may hold.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Files of one exercise.
    pub files: usize,
    /// Bytes of all files of one exercise.
    pub bytes: u64,
    /// Bytes of one file.
    pub file_bytes: u64,
}

impl Default for Limits {
    /// Far above any honest day: the largest reference solution has some 20 kB.
    fn default() -> Limits {
        Limits { files: 500, bytes: 4 << 20, file_bytes: 1 << 20 }
    }
}

/// The files of a submission that count, and what was said about the others.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// For each exercise of which anything was submitted, its files by path within the exercise.
    pub days: BTreeMap<String, BTreeMap<String, SubmittedFile>>,
    /// Exercises that cannot be graded, because a file that would count is not acceptable.
    pub refused: BTreeMap<String, Refusal>,
    /// Changes outside the editable globs. They have no effect.
    pub ignored: Vec<IgnoredChange>,
}

/// A file that counts.
#[derive(Clone, PartialEq, Eq)]
pub struct SubmittedFile(pub Vec<u8>);

impl std::fmt::Debug for SubmittedFile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} bytes", self.0.len())
    }
}

/// Why an exercise is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The path within the submission.
    pub path: String,
    /// The reason, to be read after the path: "is a symbolic link".
    pub why: String,
}

/// Sorts a submission's entries, of which those of the `wanted` exercises are taken. `course` returns the course's own
/// file at a path of its checkout, so that an unchanged copy of it is not called a change.
///
/// Returns none when nothing in it looks like an exercise.
pub fn select(
    entries: Vec<Entry>,
    editable: &[Editable],
    wanted: &[&str],
    limits: &Limits,
    course: impl Fn(&str) -> Option<Vec<u8>>,
) -> Option<Selection> {
    let ids: Vec<&str> = editable.iter().map(|editable| editable.day.as_str()).collect();
    let root = layout::root(entries.iter().map(|entry| entry.path.as_str()), &ids, wanted)?;
    let mut selection = Selection::default();
    let handed_out = handed_out(&entries, &root);
    for Entry { path, content } in entries {
        let in_course = root.in_course(&path);
        let located = root.locate(&path, &ids).and_then(|(day, inside)| {
            let rules = editable.iter().find(|editable| editable.day == day)?;
            rules.globs.is_match(inside).then(|| (day.to_owned(), inside.to_owned()))
        });
        match located {
            Some((day, inside)) if wanted.contains(&day.as_str()) => {
                selection.take(&day, inside, path, content, limits);
            }
            // Work on a day that is not looked at now.
            Some(_) => {}
            None if in_course == MANIFEST => {}
            None if is_as_handed_out(&handed_out, &in_course, &content) => {}
            None => selection.ignore(in_course, content, &course),
        }
    }
    selection.days.retain(|day, _| !selection.refused.contains_key(day));
    selection.ignored.sort_by(|a, b| a.path.cmp(&b.path));
    Some(selection)
}

/// The files of the hand-out that a submission was made in, by its own manifest. They differ from the course's without anybody
/// having changed them. A manifest that lies hides only changes that have no effect anyway.
fn handed_out(entries: &[Entry], root: &layout::Root) -> BTreeMap<String, String> {
    let manifest = entries.iter().find_map(|Entry { path, content }| match content {
        Content::File(bytes) if root.in_course(path) == MANIFEST => Some(bytes),
        _ => None,
    });
    let text = manifest.and_then(|bytes| std::str::from_utf8(bytes).ok());
    text.and_then(|text| Manifest::parse(text).ok()).map(|manifest| manifest.files).unwrap_or_default()
}

fn is_as_handed_out(files: &BTreeMap<String, String>, path: &str, content: &Content) -> bool {
    match (content, files.get(path)) {
        (Content::File(bytes), Some(hash)) => handout::hash(bytes) == *hash,
        _ => false,
    }
}

impl Selection {
    fn take(&mut self, day: &str, inside: String, path: String, content: Content, limits: &Limits) {
        let files = self.days.entry(day.to_owned()).or_default();
        let held: u64 = files.values().map(|file| file.0.len() as u64).sum();
        let refusal = match content {
            Content::Special(kind) => format!("is {kind}; send regular files only"),
            Content::TooLarge(size) => format!("has {size} bytes; at most {} are taken", limits.file_bytes),
            Content::File(bytes) if bytes.len() as u64 > limits.file_bytes => {
                format!("has {} bytes; at most {} are taken", bytes.len(), limits.file_bytes)
            }
            Content::File(bytes) if held + bytes.len() as u64 > limits.bytes => {
                format!("brings this exercise to more than {} bytes", limits.bytes)
            }
            Content::File(_) if files.len() >= limits.files => format!("is one file more than {}", limits.files),
            Content::File(_) if files.contains_key(&inside) => "is there twice".to_owned(),
            Content::File(bytes) => {
                files.insert(inside, SubmittedFile(bytes));
                return;
            }
        };
        // The first reason is enough, and a submission of a million bad files must not make a report of a million lines.
        self.refused.entry(day.to_owned()).or_insert(Refusal { path, why: refusal });
    }

    fn ignore(&mut self, path: String, content: Content, course: &impl Fn(&str) -> Option<Vec<u8>>) {
        let what = match (&content, course(&path)) {
            (Content::File(bytes), Some(own)) if *bytes == own => return,
            (Content::Special(kind), _) => *kind,
            (_, Some(_)) => "changed",
            (_, None) => "added",
        };
        self.ignored.push(IgnoredChange { path, what: what.to_owned() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn editable(day: &str) -> Editable {
        let mut globs = GlobSetBuilder::new();
        globs.add(Glob::new("src/**").unwrap());
        Editable { day: day.to_owned(), globs: globs.build().unwrap() }
    }

    fn file(path: &str, text: &str) -> Entry {
        Entry { path: path.to_owned(), content: Content::File(text.into()) }
    }

    fn selected(entries: Vec<Entry>, limits: Limits) -> Selection {
        let course = |path: &str| (path == "exercises/day01-a/tests/visible.rs").then(|| b"tests".to_vec());
        let days = [editable("day01-a"), editable("day02-b")];
        select(entries, &days, &["day01-a", "day02-b"], &limits, course).unwrap()
    }

    #[test]
    fn only_editable_files_are_taken_and_changes_elsewhere_are_named() {
        let selection = selected(
            vec![
                file("exercises/day01-a/src/main.rs", "fn main() {}"),
                file("exercises/day01-a/tests/visible.rs", "tests"),
                file("exercises/day02-b/src/main.rs", "fn main() {}"),
                file("exercises/day02-b/build.rs", "evil"),
                file(".cargo/config.toml", "evil"),
            ],
            Limits::default(),
        );
        assert_eq!(selection.days.keys().collect::<Vec<_>>(), ["day01-a", "day02-b"]);
        let ignored: Vec<_> = selection.ignored.iter().map(|ignored| ignored.path.as_str()).collect();
        assert_eq!(ignored, [".cargo/config.toml", "exercises/day02-b/build.rs"]);
    }

    #[test]
    fn work_on_other_days_is_neither_taken_nor_called_a_change() {
        let entries = ["day01-a", "day02-b"].map(|day| file(&format!("exercises/{day}/src/main.rs"), ""));
        let days = [editable("day01-a"), editable("day02-b")];
        let selection = select(entries.to_vec(), &days, &["day02-b"], &Limits::default(), |_| None).unwrap();
        assert_eq!(selection.days.keys().collect::<Vec<_>>(), ["day02-b"]);
        assert_eq!(selection.ignored, []);
    }

    #[test]
    fn a_changed_test_is_reported_and_not_taken() {
        let selection = selected(
            vec![file("exercises/day01-a/src/main.rs", ""), file("exercises/day01-a/tests/visible.rs", "mine")],
            Limits::default(),
        );
        assert_eq!(selection.ignored[0].what, "changed");
        assert_eq!(selection.days["day01-a"].len(), 1);
    }

    #[test]
    fn what_a_hand_out_has_of_its_own_is_no_change_until_somebody_changes_it() {
        let files = ["Cargo.toml", "README.md"].map(|path| (path.to_owned(), handout::hash(b"as handed out")));
        let manifest = Manifest {
            version: handout::VERSION,
            course: "c".to_owned(),
            days: vec!["day01-a".to_owned()],
            files: BTreeMap::from(files),
        };
        let selection = selected(
            vec![
                file("mine/exercises/day01-a/src/main.rs", "fn main() {}"),
                file("mine/handout.toml", &toml::to_string(&manifest).unwrap()),
                file("mine/Cargo.toml", "changed"),
                file("mine/README.md", "as handed out"),
            ],
            Limits::default(),
        );
        let ignored: Vec<_> = selection.ignored.iter().map(|ignored| ignored.path.as_str()).collect();
        assert_eq!(ignored, ["Cargo.toml"]);
    }

    #[test]
    fn a_link_refuses_its_day_and_no_other() {
        let link =
            Entry { path: "exercises/day01-a/src/data.rs".to_owned(), content: Content::Special("a symbolic link") };
        let selection = selected(
            vec![file("exercises/day01-a/src/main.rs", ""), link, file("exercises/day02-b/src/main.rs", "")],
            Limits::default(),
        );
        assert!(selection.refused["day01-a"].why.contains("symbolic link"));
        assert_eq!(selection.days.keys().collect::<Vec<_>>(), ["day02-b"]);
    }

    #[test]
    fn limits_name_the_file_that_breaks_them() {
        let limits = Limits { files: 2, bytes: 10, file_bytes: 8 };
        let day = |files: &[(&str, &str)]| {
            files.iter().map(|(path, text)| file(&format!("exercises/day01-a/src/{path}"), text)).collect::<Vec<_>>()
        };
        for (files, broken) in [
            (day(&[("a.rs", "123456789")]), "a.rs"),
            (day(&[("a.rs", "12345678"), ("b.rs", "123")]), "b.rs"),
            (day(&[("a.rs", ""), ("b.rs", ""), ("c.rs", "")]), "c.rs"),
            (day(&[("a.rs", ""), ("a.rs", "")]), "a.rs"),
        ] {
            let refusal = &selected(files, limits).refused["day01-a"];
            assert!(refusal.path.ends_with(broken), "{refusal:?}");
        }
    }

    #[test]
    fn what_holds_no_exercise_is_nothing() {
        let entries = vec![file("homework.docx", "")];
        assert!(select(entries, &[editable("day01-a")], &["day01-a"], &Limits::default(), |_| None).is_none());
    }
}
