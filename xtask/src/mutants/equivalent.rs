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
//! file.

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
    line: String,
    /// What takes its place; empty when it is taken away.
    replacement: String,
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
    match equivalent.iter().find(|equivalent| equivalent.reason.trim().is_empty()) {
        Some(equivalent) => Err(format!("the reason of {:?} is empty", equivalent.line)),
        None => Ok(equivalent),
    }
}

impl Equivalent {
    /// Whether this is the mutant.
    pub fn is(&self, mutant: &Mutant) -> bool {
        let Equivalent { file, function, line, replacement, reason: _ } = self;
        (file, function, line, replacement) == (&mutant.file, &mutant.function, &mutant.before, &mutant.after)
    }

    /// How it is told to whoever has to look after it.
    pub fn shown(&self) -> String {
        let Equivalent { file, function, line, replacement, .. } = self;
        format!("{file} {function}: {line} -> {replacement}")
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
    fn an_entry_without_a_reason_is_refused() {
        assert!(parse(&ENTRY.replace("a is never less", " ")).unwrap_err().contains("reason"));
        assert!(parse(&ENTRY.replace("reason", "because")).unwrap_err().contains("because"));
    }
}
