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

use super::Change;
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
    /// What makes it out of the solution.
    pub change: Change,
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
        Ok(Flawed { name: name.to_owned(), checkpoint, mistake, change: Change::new(diff) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCH: &str =
        "Checkpoint: totals\nMistake: adds as f64\n\n--- a/src/a.rs\n+++ b/src/a.rs\n@@ -1 +1 @@\n-a\n+b\n";

    #[test]
    fn a_variant_has_a_head_and_a_diff() {
        let flawed = Flawed::parse("floats", PATCH).unwrap();
        assert_eq!((flawed.checkpoint.as_str(), flawed.mistake.as_str()), ("totals", "adds as f64"));
        assert!(flawed.change.text().starts_with("--- a/src/a.rs\n"));
    }

    #[test]
    fn a_head_without_checkpoint_or_mistake_is_refused() {
        assert!(Flawed::parse("x", &PATCH.replace("Checkpoint: totals", "")).is_err());
        assert!(Flawed::parse("x", &PATCH.replace("adds as f64", "")).unwrap_err().contains("Mistake"));
    }
}
