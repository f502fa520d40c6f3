//! Flawed variants: small patches of a solution, each one plausible mistake that a checkpoint must catch.
//!
//! A variant is a file `flawed/<name>.patch`: header lines, an empty line, and a unified diff against the solution's
//! folder.
//!
//! ```text
//! Checkpoint: alias_race
//! Mistake: looks whether the alias is free, then inserts
//!
//! --- a/src/links.rs
//! +++ b/src/links.rs
//! ```
//!
//! Variants are built in a workspace of their own under the target folder, with the
//! repository's lockfile and dependencies. Nothing in the repository is touched.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// One plausible mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flawed {
    /// The name of its file, without `.patch`.
    pub name: String,
    /// The checkpoint that must catch it.
    pub checkpoint: String,
    /// The mistake, in words.
    pub mistake: String,
    diff: String,
}

impl Flawed {
    /// Reads all variants of a solution, in order of name.
    pub fn all(solution: &Path) -> Result<Vec<Flawed>, String> {
        let folder = solution.join("flawed");
        let mut paths: Vec<PathBuf> = match fs::read_dir(&folder) {
            Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(format!("{}: {error}", folder.display())),
        };
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "patch"));
        paths.sort();
        paths.iter().map(|path| Flawed::read(path)).collect()
    }

    fn read(path: &Path) -> Result<Flawed, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Flawed::parse(&name, &text).map_err(|fault| format!("{}: {fault}", path.display()))
    }

    fn parse(name: &str, text: &str) -> Result<Flawed, String> {
        let (head, diff) = text.split_once("\n\n").ok_or("an empty line between head and diff is missing")?;
        let field = |label: &str| {
            let value = head.lines().find_map(|line| line.strip_prefix(label)).map(str::trim).unwrap_or_default();
            if value.is_empty() { Err(format!("the line \"{label} …\" is missing")) } else { Ok(value.to_owned()) }
        };
        let (checkpoint, mistake) = (field("Checkpoint:")?, field("Mistake:")?);
        Ok(Flawed { name: name.to_owned(), checkpoint, mistake, diff: diff.to_owned() })
    }

    /// Writes the solution with this mistake into `folder`.
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

    const PATCH: &str = "Checkpoint: totals\nMistake: adds as f64\n\n--- a/src/a.rs\n+++ b/src/a.rs\n@@ -1,2 +1,2 @@\n one\n\
                         -two\n+zwei\n--- a/src/b.rs\n+++ b/src/b.rs\n@@ -1 +1 @@\n-eins\n+one\n";

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
    fn a_variant_changes_every_file_of_its_diff_and_leaves_tests_behind() {
        let (solution, copy) = (solution(), tempfile::tempdir().unwrap());
        let flawed = Flawed::parse("floats", PATCH).unwrap();
        assert_eq!((flawed.checkpoint.as_str(), flawed.mistake.as_str()), ("totals", "adds as f64"));
        flawed.apply(solution.path(), copy.path()).unwrap();
        assert_eq!(fs::read_to_string(copy.path().join("src/a.rs")).unwrap(), "one\nzwei\n");
        assert_eq!(fs::read_to_string(copy.path().join("src/b.rs")).unwrap(), "one\n");
        assert!(!copy.path().join("tests").exists() && !copy.path().join("flawed").exists());
    }

    #[test]
    fn a_diff_that_no_longer_applies_names_its_file() {
        let (solution, copy) = (solution(), tempfile::tempdir().unwrap());
        fs::write(solution.path().join("src/a.rs"), "three\nfour\n").unwrap();
        let fault = Flawed::parse("floats", PATCH).unwrap().apply(solution.path(), copy.path()).unwrap_err();
        assert!(fault.contains("src/a.rs") && fault.contains("no longer applies"), "{fault}");
    }

    #[test]
    fn a_diff_cannot_leave_the_solution() {
        for file in ["../x", "/etc/passwd", "src/../../x"] {
            let text = PATCH.replace("--- a/src/a.rs", &format!("--- a/{file}"));
            let (solution, copy) = (solution(), tempfile::tempdir().unwrap());
            let fault = Flawed::parse("escape", &text).unwrap().apply(solution.path(), copy.path()).unwrap_err();
            assert!(fault.contains("is no file of the solution"), "{fault}");
        }
    }

    #[test]
    fn a_head_without_checkpoint_or_mistake_is_refused() {
        assert!(Flawed::parse("x", &PATCH.replace("Checkpoint: totals", "")).is_err());
        assert!(Flawed::parse("x", &PATCH.replace("adds as f64", "")).unwrap_err().contains("Mistake"));
    }
}
