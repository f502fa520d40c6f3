//! Proves that nothing of a solution, a flawed variant or a hidden test is in the files of a hand-out.
//!
//! Three things have to hold, and the first that does not stops the hand-out:
//!
//! 1. No path belongs to what stays in the course (`sources` gives by an allow-list; this is the second lock on that door).
//! 2. No file is the same as one below `solutions/`, unless it is part of a stub.
//! 3. No *secret line* is in any file. A line with at least [`DISTINCTIVE`] characters that are no blanks is secret when it
//!    stands in `src` or `tests` of a solution, or is added by a flawed variant. It is public, and no secret, when
//!    - it stands in a stub, which was cut from the solution and is known by its recorded hash, or
//!    - it stands in a hidden test and in a visible one: tests of a day begin alike. A visible test has to have a name of its
//!      own, though, and no line of a solution's `src` or of a flawed variant, or
//!    - it is one of the few in `shared.txt`, which somebody has looked at.
//!
//! Whether a file is the one that was committed plays no part: a line of a solution that was pasted into a page and committed
//! is found all the same.

use crate::{Files, Kind};
use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
};

/// Shorter lines are everybody's: `let mut reply = String::new();`.
const DISTINCTIVE: usize = 40;

/// Where lines that are in both for a good reason are noted.
const SHARED: &str = "xtask/handout/src/shared.txt";

/// What has to stay in the course.
#[derive(Debug, Default)]
struct Secrets {
    /// Lines of solutions and flawed variants, with the file that has them.
    answers: HashMap<String, String>,
    /// Lines of hidden tests, likewise.
    tests: HashMap<String, String>,
    /// The first lines of hidden tests by day, whatever their length.
    claims: HashMap<(String, String), String>,
    /// Whole files.
    files: HashMap<Vec<u8>, String>,
}

/// Looks through all files. Says file and line of the first that is not for learners, and where it comes from. `public` are
/// the stubs and visible tests of all days.
pub fn expect_none(files: &Files, public: &Files, course: &Path) -> Result<(), String> {
    let secrets = Secrets::read(course)?;
    let shared: HashSet<&str> = include_str!("shared.txt").lines().filter(|line| !line.starts_with('#')).collect();
    let lines_of = |kind| {
        let some = public.values().filter(move |file| file.kind == kind);
        some.flat_map(|file| lines(&file.bytes)).collect::<HashSet<_>>()
    };
    let (stubs, visible) = (lines_of(Kind::Stub), lines_of(Kind::Tests));
    let is_public = |line: &str| shared.contains(line) || stubs.contains(line);
    for (path, file) in files.iter().filter(|(_, file)| file.kind == Kind::Tests) {
        let day = path.split('/').nth(1).unwrap_or_default().to_owned();
        for (number, line) in lines(&file.bytes).into_iter().enumerate() {
            let claim = || secrets.claims.get(&(day.clone(), line.clone()));
            if let Some(from) = secrets.answers.get(&line).or_else(claim).filter(|_| !is_public(&line)) {
                return Err(found(path, number, from));
            }
        }
    }
    for (path, file) in files {
        if let Some(part) = path.split('/').find(|part| ["solutions", "flawed", "hidden"].contains(part)) {
            return Err(format!("{path} would be handed out, and nothing called {part} is for learners"));
        }
        let is_stub = file.kind == Kind::Stub || is_copy_of_stub(path);
        if let Some(from) = secrets.files.get(&file.bytes).filter(|_| !is_stub) {
            return Err(format!("{path} would be handed out, and is the same file as {from}"));
        }
        if matches!(file.kind, Kind::Course | Kind::Program) {
            for (number, line) in lines(&file.bytes).into_iter().enumerate() {
                let test = || secrets.tests.get(&line).filter(|_| !visible.contains(&line));
                if let Some(from) = secrets.answers.get(&line).or_else(test).filter(|_| !is_public(&line)) {
                    return Err(found(path, number, from));
                }
            }
        }
    }
    Ok(())
}

fn is_copy_of_stub(path: &str) -> bool {
    path.starts_with(grader::handout::STUBS)
}

fn found(path: &str, number: usize, from: &str) -> String {
    format!(
        "{path}:{}: this line also stands in {from}, which is not for learners; nothing was handed out. Take it out, or, if it \
         gives nothing away, add it to {SHARED}",
        number + 1
    )
}

/// The lines of a file without the blanks around them.
fn lines(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes).lines().map(|line| line.trim().to_owned()).collect()
}

fn is_distinctive(line: &str) -> bool {
    line.chars().filter(|character| !character.is_whitespace()).count() >= DISTINCTIVE
}

impl Secrets {
    /// Reads everything below `solutions/`, of all days and whether Git knows it or not.
    fn read(course: &Path) -> Result<Secrets, String> {
        let root = course.join("solutions");
        let mut secrets = Secrets::default();
        if !root.is_dir() {
            return Err(format!("{} is missing, so nothing can be held against it", root.display()));
        }
        let walk = walkdir::WalkDir::new(&root).into_iter().filter_entry(|entry| entry.file_name() != "target");
        for entry in walk {
            let entry = entry.map_err(|error| format!("cannot read {}: {error}", root.display()))?;
            let Ok(inside) = entry.path().strip_prefix(course) else { continue };
            if entry.file_type().is_file() {
                let bytes =
                    fs::read(entry.path()).map_err(|error| format!("cannot read {}: {error}", inside.display()))?;
                secrets.add(&inside.to_string_lossy().replace('\\', "/"), bytes);
            }
        }
        Ok(secrets)
    }

    fn add(&mut self, path: &str, bytes: Vec<u8>) {
        let parts: Vec<_> = path.split('/').collect();
        let [_, day, place, ..] = parts.as_slice() else { return };
        let lines = lines(&bytes);
        match *place {
            "flawed" => {
                // The other lines of a patch are the solution's, or of a migration that learners have.
                let added =
                    lines.iter().filter_map(|line| line.strip_prefix('+')).filter(|line| !line.starts_with("++"));
                note(&mut self.answers, added.map(str::trim), path);
            }
            "src" => note(&mut self.answers, lines.iter().map(String::as_str), path),
            "tests" => {
                note(&mut self.tests, lines.iter().map(String::as_str), path);
                for claim in claims(&lines) {
                    self.claims.insert(((*day).to_owned(), claim.to_owned()), path.to_owned());
                }
            }
            _ => {}
        }
        if ["src", "tests", "flawed"].contains(place) && !bytes.is_empty() {
            self.files.insert(bytes, path.to_owned());
        }
    }
}

fn note<'a>(into: &mut HashMap<String, String>, lines: impl Iterator<Item = &'a str>, path: &str) {
    for line in lines.filter(|line| is_distinctive(line)) {
        into.entry(line.to_owned()).or_insert_with(|| path.to_owned());
    }
}

/// The lines with the names of tests: the first `fn` below an attribute that makes it one.
fn claims(lines: &[String]) -> Vec<&str> {
    let mut claims = Vec::new();
    let mut is_test = false;
    for line in lines {
        if line.starts_with("#[") {
            is_test |= line.contains("test");
        } else if is_test && line.contains("fn ") {
            claims.push(line.as_str());
            is_test = false;
        }
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_flawed_variant_only_what_it_adds_is_secret() {
        let mut secrets = Secrets::default();
        let patch = "--- a/src/links.rs\n+++ b/src/links.rs\n let shared_with_everybody = the_solution_and_the_migration();\n\
                     +        let mistake = looks_first_and_then_inserts_without_a_lock(&alias);\n";
        secrets.add("solutions/day05-a/flawed/race.patch", patch.into());
        let secret = "let mistake = looks_first_and_then_inserts_without_a_lock(&alias);";
        assert_eq!(secrets.answers.keys().collect::<Vec<_>>(), [secret]);
    }

    #[test]
    fn the_names_of_tests_are_found_below_their_attributes() {
        let lines =
            ["#[tokio::test(flavor = \"multi_thread\")]", "#[cfg(unix)]", "async fn a_claim() {", "fn helper() {"];
        assert_eq!(claims(&lines.map(str::to_owned)), ["async fn a_claim() {"]);
    }

    #[test]
    fn blanks_make_no_line_distinctive() {
        assert!(!is_distinctive(&format!("{}let x = 1;", " ".repeat(60))));
        assert!(is_distinctive(&"x".repeat(40)) && !is_distinctive(&"x".repeat(39)));
    }
}
