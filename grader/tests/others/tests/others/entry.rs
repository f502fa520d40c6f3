//! The list of programs, `others.toml`.

use serde::Deserialize;
use std::{fs, path::Path};

/// A program that keeps a day's contract in another way than the reference solution.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The day: 3.
    pub day: u8,
    /// A short name for the road, `asyncio`.
    pub name: String,
    /// How it differs from the reference solution, in a sentence.
    pub road: String,
    /// A file of the package, for Python 3.
    python: Option<String>,
    /// A binary target of the package.
    program: Option<String>,
    /// Stretch checkpoints that it leaves out.
    #[serde(default)]
    pub without: Vec<String>,
}

/// What has to be done before a program can be started.
#[derive(Debug, PartialEq, Eq)]
pub enum Source<'a> {
    /// Nothing: a file for Python.
    Python(&'a str),
    /// A binary target to build.
    Target(&'a str),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    other: Vec<Entry>,
}

/// Reads the list.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn read(package: &Path) -> Result<Vec<Entry>, String> {
    let path = package.join("others.toml");
    let wrong = |why: String| format!("{}: {why}", path.display());
    let text = fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
    let List { other } = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    for entry in &other {
        entry.source().map_err(wrong)?;
    }
    Ok(other)
}

impl Entry {
    /// What it is made of.
    ///
    /// # Errors
    /// When the entry names nothing, or both kinds.
    pub fn source(&self) -> Result<Source<'_>, String> {
        match (&self.python, &self.program) {
            (Some(file), None) => Ok(Source::Python(file)),
            (None, Some(target)) => Ok(Source::Target(target)),
            _ => Err(format!("{self} needs either `python`, a file, or `program`, a binary target")),
        }
    }
}

impl std::fmt::Display for Entry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "day {:02} by {}", self.day, self.name)
    }
}
