//! The mutants of a solution, as cargo-mutants makes them: each one a small change after which the program is probably wrong.

use crate::trial::Change;
use grader::catalog::solution_package;
use serde::Deserialize;
use std::{
    fs, io,
    path::Path,
    process::{Command, Stdio},
};

/// What cargo-mutants puts beside its changes.
const MARK: &str = "/* ~ changed by cargo-mutants ~ */";

/// A change of a solution that tests should notice.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// The file that is changed, within the solution's folder.
    pub file: String,
    /// The line of it where the change begins, from 1.
    pub line: usize,
    /// The function that is changed, as in `Roadmap::add`; empty outside of functions.
    pub function: String,
    /// The change in words: `replace == with != in Roadmap::add`.
    pub words: String,
    /// The first of the lines that are replaced, with single blanks.
    pub before: String,
    /// What takes their place.
    pub after: String,
    pub change: Change,
}

/// A mutant as cargo-mutants lists it, as far as we care.
#[derive(Deserialize)]
struct Listed {
    package: String,
    /// Within the repository.
    file: String,
    function: Option<Function>,
    span: Span,
    diff: String,
}

#[derive(Deserialize)]
struct Function {
    function_name: String,
}

#[derive(Deserialize)]
struct Span {
    start: Position,
}

#[derive(Deserialize)]
struct Position {
    line: usize,
}

/// The mutants of the solutions of these days, in the order of the sources.
///
/// # Errors
/// When cargo-mutants is not there, or finds a fault.
pub fn of(root: &Path, days: &[&str]) -> Result<Vec<Vec<Mutant>>, String> {
    let packages: Vec<_> = days.iter().map(|day| solution_package(day)).collect();
    let mut command = Command::new("cargo-mutants");
    command.args(["mutants", "--list", "--json", "--diff", "--no-config", "--dir"]).arg(root);
    for package in &packages {
        command.args(["--package", package]);
    }
    let output = command.stdin(Stdio::null()).output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            "cargo-mutants is not on the PATH: install with `cargo install --locked cargo-mutants`".to_owned()
        }
        _ => format!("cargo-mutants cannot be started: {error}"),
    })?;
    if !output.status.success() {
        return Err(format!("cargo-mutants: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let listed: Vec<Listed> = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("cargo-mutants lists in a form that is not known here ({error}); is it too old?"))?;
    let mut mutants: Vec<_> = days.iter().map(|_| Vec::new()).collect();
    for listed in listed {
        let day = packages.iter().position(|package| *package == listed.package);
        let day = day.ok_or_else(|| format!("cargo-mutants lists {}, which nobody asked for", listed.package))?;
        let within = format!("solutions/{}/", days[day]);
        let mutant = Mutant::new(listed, &within)?;
        if !is_generated(&root.join(&within).join(&mutant.file))? && !mutant.only_logs() {
            mutants[day].push(mutant);
        }
    }
    Ok(mutants)
}

/// Whether a file was made by a program, and says so in its first line. Nobody writes tests for it.
fn is_generated(file: &Path) -> Result<bool, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let first = text.lines().next().unwrap_or_default();
    Ok(first.starts_with("// Generated") || first.contains("@generated"))
}

impl Mutant {
    fn new(listed: Listed, within: &str) -> Result<Mutant, String> {
        let Listed { file, function, span, diff, .. } = listed;
        let file = file.strip_prefix(within).map(str::to_owned);
        let file = file.ok_or_else(|| format!("cargo-mutants lists a file that is not below {within}"))?;
        let words = diff.lines().find_map(|line| line.strip_prefix("+++ ")).unwrap_or_default().to_owned();
        let change = Change::of_file(&file, &diff);
        let before = change.lines('-').next().map(single_blanks).unwrap_or_default();
        let after = change.lines('+').map(|line| single_blanks(&line.replace(MARK, ""))).collect::<Vec<_>>().join(" ");
        let function = function.map(|function| function.function_name).unwrap_or_default();
        Ok(Mutant { file, line: span.start.line, function, words, before, after: after.trim().to_owned(), change })
    }

    /// What it is called as long as its lines are the same, wherever they stand.
    pub fn name(&self) -> String {
        let Mutant { file, function, before, after, .. } = self;
        format!("{file} {function}: {before} -> {after}")
    }

    /// Whether nothing but what a log says is changed. Tests ask for no wording there.
    fn only_logs(&self) -> bool {
        let mut lines = self.change.lines('-').filter(|line| line.contains(char::is_alphabetic)).peekable();
        lines.peek().is_some() && lines.all(|line| line.contains("eprintln!("))
    }
}

fn single_blanks(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A mutant that puts one line in the place of another.
    pub fn mutant(function: &str, before: &str, after: &str) -> Mutant {
        let text = serde_json::json!({
            "package": "day01-x-solution",
            "file": "solutions/day01-x/src/a.rs",
            "function": {"function_name": function},
            "span": {"start": {"line": 7}},
            "diff": format!(
                "--- solutions/day01-x/src/a.rs\n+++ replace it in {function}\n@@ -6,2 +6,2 @@\n fn a() {{\n-    {before}\n+    {after}\n"
            ),
        });
        Mutant::new(serde_json::from_value(text).unwrap(), "solutions/day01-x/").unwrap()
    }

    #[test]
    fn a_mutant_is_known_by_its_lines() {
        let mutant = mutant("A::b", "if a  == b {", "if a != /* ~ changed by cargo-mutants ~ */ b {");
        assert_eq!((mutant.file.as_str(), mutant.line, mutant.function.as_str()), ("src/a.rs", 7, "A::b"));
        assert_eq!((mutant.before.as_str(), mutant.after.as_str()), ("if a == b {", "if a != b {"));
        assert_eq!(mutant.words, "replace it in A::b");
        assert!(mutant.change.text().starts_with("--- a/src/a.rs\n"));
    }

    #[test]
    fn what_only_logs_is_left_out() {
        assert!(mutant("a", "Err(error) if late() => eprintln!(\"{error}\"),", "").only_logs());
        assert!(!mutant("a", "return late();", "return true;").only_logs());
    }

    #[test]
    fn a_generated_file_says_so_in_its_first_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.rs");
        for (text, generated) in [
            ("// Generated from proto/kv.proto\n", true),
            ("// This file is @generated by prost-build.\n", true),
            ("//! Messages, generated from another file.\n// Generated\n", false),
        ] {
            fs::write(&file, text).unwrap();
            assert_eq!(is_generated(&file).unwrap(), generated, "{text}");
        }
    }
}
