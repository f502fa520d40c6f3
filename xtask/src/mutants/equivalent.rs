//! Mutants that no test can catch, because the program does the same as before: `solutions/<day>/mutants.toml`.
//!
//! ```toml
//! [[equivalent]]
//! file = "src/store.rs"
//! function = "Store::read"
//! line = "if length > LIMIT {"
//! replacement = "if length >= LIMIT {"
//! reason = "a length of exactly LIMIT is refused by the caller"
//! ```
//!
//! A mutant is found by what its lines say and not by where they stand, so that an entry outlives changes elsewhere in its
//! file. An entry without `line` and `replacement` is for all survivors of a function.

use super::list::Mutant;
use serde::Deserialize;
use std::{fs, io, path::Path};

/// A mutant that is no mistake.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Equivalent {
    file: String,
    /// Empty outside of functions.
    #[serde(default)]
    function: String,
    /// The line that is changed; of several, the first.
    line: Option<String>,
    /// What takes its place; empty when it is taken away.
    replacement: Option<String>,
    /// Why the program does the same.
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    equivalent: Vec<Equivalent>,
}

/// The equivalent mutants of a solution.
///
/// # Errors
/// When their file is there and not sound.
pub fn of(solution: &Path) -> Result<Vec<Equivalent>, String> {
    let path = solution.join("mutants.toml");
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(|error| format!("cannot read {}: {error}", path.display()))?,
    };
    parse(&text).map_err(|fault| format!("{}: {fault}", path.display()))
}

fn parse(text: &str) -> Result<Vec<Equivalent>, String> {
    let File { equivalent } = toml::from_str(text).map_err(|error| error.to_string())?;
    for entry in &equivalent {
        if entry.reason.trim().is_empty() {
            return Err(format!("there is no reason for {}", entry.shown()));
        }
        if entry.line.is_some() != entry.replacement.is_some() || (entry.line.is_none() && entry.function.is_empty()) {
            return Err(format!("{} needs line and replacement, or a function and neither", entry.shown()));
        }
    }
    Ok(equivalent)
}

impl Equivalent {
    /// Whether it is for this mutant.
    pub fn is(&self, mutant: &Mutant) -> bool {
        let is = |own: &Option<String>, other: &String| own.as_ref().is_none_or(|own| own == other);
        (&self.file, &self.function) == (&mutant.file, &mutant.function)
            && is(&self.line, &mutant.before)
            && is(&self.replacement, &mutant.after)
    }

    /// How it is told to whoever has to look after it.
    pub fn shown(&self) -> String {
        let Equivalent { file, function, line, replacement, .. } = self;
        match (line, replacement) {
            (Some(line), Some(replacement)) => format!("{file} {function}: {line} -> {replacement}"),
            _ => format!("{file} {function}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::list::tests::mutant, *};

    const ENTRY: &str = "[[equivalent]]\nfile = \"src/a.rs\"\nfunction = \"A::b\"\nline = \"if a == b {\"\n\
                         replacement = \"if a <= b {\"\nreason = \"a is never less\"\n";

    #[test]
    fn an_entry_is_one_mutant_and_no_other() {
        let entry = &parse(ENTRY).unwrap()[0];
        assert!(entry.is(&mutant("A::b", "if  a == b {", "if a <= /* ~ changed by cargo-mutants ~ */ b {")));
        assert!(entry.is(&Mutant { line: 700, ..mutant("A::b", "if a == b {", "if a <= b {") }));
        assert!(!entry.is(&mutant("A::c", "if a == b {", "if a <= b {")));
        assert!(!entry.is(&mutant("A::b", "if a == c {", "if a <= b {")));
        assert!(!entry.is(&mutant("A::b", "if a == b {", "if a >= b {")));
    }

    #[test]
    fn an_entry_without_lines_is_a_whole_function() {
        let entry = "[[equivalent]]\nfile = \"src/a.rs\"\nfunction = \"A::b\"\nreason = \"words for people\"\n";
        let entry = &parse(entry).unwrap()[0];
        assert!(entry.is(&mutant("A::b", "x", "y")) && entry.is(&mutant("A::b", "z", "")));
        assert!(!entry.is(&mutant("A::c", "x", "y")));
    }

    #[test]
    fn an_entry_without_a_reason_or_too_wide_is_refused() {
        assert!(parse(&ENTRY.replace("a is never less", " ")).unwrap_err().contains("no reason"));
        assert!(parse(&ENTRY.replace("reason", "because")).unwrap_err().contains("because"));
        assert!(parse(&ENTRY.replace("line = \"if a == b {\"\n", "")).unwrap_err().contains("needs line"));
        assert!(parse("[[equivalent]]\nfile = \"src/a.rs\"\nreason = \"r\"\n").unwrap_err().contains("a function"));
    }
}
