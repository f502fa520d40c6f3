//! A change of a solution, as a unified diff against the solution's folder. A flawed variant is one, and so is a mutant.

use std::{fs, io, path::Path};

/// A unified diff; each of its files begins with `--- a/<path within the solution>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    diff: String,
}

impl Change {
    pub fn new(diff: impl Into<String>) -> Change {
        Change { diff: diff.into() }
    }

    /// The hunks of a diff whose heads were made by somebody who has other names for the file.
    pub fn of_file(file: &str, diff: &str) -> Change {
        let hunks = diff.find("@@").and_then(|at| diff.get(at..)).unwrap_or_default();
        Change::new(format!("--- a/{file}\n+++ b/{file}\n{hunks}"))
    }

    /// The diff as text.
    pub fn text(&self) -> &str {
        &self.diff
    }

    /// The lines that it takes away, or those that it puts in their place.
    pub fn lines(&self, sign: char) -> impl Iterator<Item = &str> {
        let changed = self.diff.lines().filter(|line| !line.starts_with("--- ") && !line.starts_with("+++ "));
        changed.filter_map(move |line| line.strip_prefix(sign))
    }

    /// Writes the solution with this change into `folder`.
    pub fn apply(&self, solution: &Path, folder: &Path) -> Result<(), String> {
        copy(solution, folder).map_err(|error| format!("cannot copy {}: {error}", solution.display()))?;
        for part in parts(&self.diff) {
            let part = part?;
            let path = folder.join(&part.file);
            let original = fs::read_to_string(&path).map_err(|error| format!("it changes {}: {error}", part.file))?;
            let patch = diffy::Patch::from_str(&part.text).map_err(|error| format!("{}: {error}", part.file))?;
            let patched = diffy::apply(&original, &patch)
                .map_err(|error| format!("it no longer applies to {}: {error}; make it anew", part.file))?;
            fs::write(&path, patched).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(())
    }
}

/// The part of a diff that changes one file.
struct Part {
    /// Relative to the solution's folder.
    file: String,
    text: String,
}

/// Splits a diff at its `--- a/…` lines: `diffy` takes one file at a time.
fn parts(diff: &str) -> impl Iterator<Item = Result<Part, String>> {
    let mut starts: Vec<_> = diff.match_indices("--- a/").map(|(at, _)| at).collect();
    starts.retain(|at| *at == 0 || diff.as_bytes().get(at - 1) == Some(&b'\n'));
    let ends: Vec<_> = starts.iter().skip(1).copied().chain([diff.len()]).collect();
    starts.into_iter().zip(ends).map(|(start, end)| {
        let text = diff.get(start..end).unwrap_or_default();
        let file = text.lines().next().and_then(|line| line.strip_prefix("--- a/")).unwrap_or_default().trim();
        if file.is_empty() || Path::new(file).is_absolute() || file.split('/').any(|part| part == "..") {
            return Err(format!("{file:?} is no file of the solution"));
        }
        Ok(Part { file: file.to_owned(), text: text.to_owned() })
    })
}

/// Copies sources only: no tests, no other variants.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry?;
        let Ok(inside) = entry.path().strip_prefix(from) else { continue };
        if inside.starts_with("flawed") || inside.starts_with("tests") {
            continue;
        }
        let target = to.join(inside);
        if entry.file_type().is_dir() {
            fs::create_dir_all(&target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF: &str = "--- a/src/a.rs\n+++ b/src/a.rs\n@@ -1,2 +1,2 @@\n one\n-two\n+zwei\n\
                        --- a/src/b.rs\n+++ b/src/b.rs\n@@ -1 +1 @@\n-eins\n+one\n";

    fn solution() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in [("src/a.rs", "one\ntwo\n"), ("src/b.rs", "eins\n"), ("tests/t.rs", ""), ("flawed/x", "")] {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn every_file_of_a_diff_is_changed_and_tests_are_left_behind() {
        let (solution, copy) = (solution(), tempfile::tempdir().unwrap());
        Change::new(DIFF).apply(solution.path(), copy.path()).unwrap();
        assert_eq!(fs::read_to_string(copy.path().join("src/a.rs")).unwrap(), "one\nzwei\n");
        assert_eq!(fs::read_to_string(copy.path().join("src/b.rs")).unwrap(), "one\n");
        assert!(!copy.path().join("tests").exists() && !copy.path().join("flawed").exists());
    }

    #[test]
    fn a_diff_with_another_head_changes_the_file_that_is_named() {
        let (solution, copy) = (solution(), tempfile::tempdir().unwrap());
        let change =
            Change::of_file("src/b.rs", "--- solutions/x/src/b.rs\n+++ replace one\n@@ -1 +1 @@\n-eins\n+uno\n");
        change.apply(solution.path(), copy.path()).unwrap();
        assert_eq!(fs::read_to_string(copy.path().join("src/b.rs")).unwrap(), "uno\n");
        assert_eq!(
            (change.lines('-').collect::<Vec<_>>(), change.lines('+').collect::<Vec<_>>()),
            (vec!["eins"], vec!["uno"])
        );
    }

    #[test]
    fn a_diff_that_no_longer_applies_names_its_file() {
        let (solution, copy) = (solution(), tempfile::tempdir().unwrap());
        fs::write(solution.path().join("src/a.rs"), "three\nfour\n").unwrap();
        let fault = Change::new(DIFF).apply(solution.path(), copy.path()).unwrap_err();
        assert!(fault.contains("src/a.rs") && fault.contains("no longer applies"), "{fault}");
    }

    #[test]
    fn a_diff_cannot_leave_the_solution() {
        for file in ["../x", "/etc/passwd", "src/../../x"] {
            let diff = DIFF.replace("--- a/src/a.rs", &format!("--- a/{file}"));
            let (solution, copy) = (solution(), tempfile::tempdir().unwrap());
            let fault = Change::new(diff).apply(solution.path(), copy.path()).unwrap_err();
            assert!(fault.contains("is no file of the solution"), "{fault}");
        }
    }
}
