//! The manifests of cargo, adapted to what a hand-out holds: the workspace has the members that are there, and packages
//! have no test executables that stay in the course. Lines are left out and none is written anew, so versions, features,
//! profiles and lints are the course's own.

use crate::Files;
use std::collections::BTreeSet;

/// Members of the workspace that stay in the course.
const KEPT_BACK: [&str; 5] = ["grader/tests/", "solutions/", "xtask/bench", "xtask/cohort", "xtask/handout"];

/// Leaves out of all manifests what is not there.
pub fn adapt(files: &mut Files) -> Result<(), String> {
    for package in ["grader", "xtask"] {
        let path = format!("{package}/Cargo.toml");
        let Some(text) = text_of(files, &path)? else { continue };
        let unused = |name: &str| !is_mentioned(files, package, &name.replace('-', "_"));
        put(files, &path, without_tests(&text, unused))?;
    }
    let used = used_dependencies(files)?;
    let root = text_of(files, "Cargo.toml")?.ok_or("the course has no Cargo.toml")?;
    put(files, "Cargo.toml", root_manifest(&root, &used))
}

/// Leaves out the profiles of packages that the lockfile does not have; cargo would warn about each.
pub fn keep_profiles(files: &mut Files) -> Result<(), String> {
    let lock = text_of(files, "Cargo.lock")?.unwrap_or_default();
    let root = text_of(files, "Cargo.toml")?.unwrap_or_default();
    let is_there = |name: &str| lock.contains(&format!("\nname = \"{name}\"\n"));
    let mut kept = String::new();
    for section in sections(&root) {
        let header = header_of(&section);
        let of = header.strip_prefix("[profile.dev.package.").and_then(|rest| rest.strip_suffix(']'));
        let lines = section.split_inclusive('\n').filter(|line| match (header, name_in(line)) {
            ("[profile.dev.package]", name) if !name.is_empty() => is_there(name),
            _ => of.is_none_or(is_there),
        });
        kept.extend(lines);
    }
    put(files, "Cargo.toml", kept)
}

/// The text without sections `[[test]]` and the comments on them, and without unused `[dev-dependencies]`.
fn without_tests(text: &str, unused: impl Fn(&str) -> bool) -> String {
    let mut kept = String::new();
    for section in sections(text) {
        match header_of(&section) {
            "[[test]]" => {}
            "[dev-dependencies]" => {
                let lines: Vec<_> = section.split_inclusive('\n').filter(|line| !unused(name_in(line))).collect();
                // The header alone says nothing.
                if lines.iter().any(|line| !name_in(line).is_empty()) {
                    kept.push_str(&lines.concat());
                }
            }
            _ => kept.push_str(&section),
        }
    }
    kept.trim_end().to_owned() + "\n"
}

/// The manifest of the workspace, with members that are there and dependencies that they use.
fn root_manifest(text: &str, used: &BTreeSet<String>) -> String {
    let mut kept = String::new();
    for section in sections(text) {
        let header = header_of(&section).to_owned();
        kept.extend(section.split_inclusive('\n').filter(|line| match header.as_str() {
            "[workspace]" => !KEPT_BACK.iter().any(|member| line.trim_start().starts_with(&format!("\"{member}"))),
            "[workspace.dependencies]" => name_in(line).is_empty() || used.contains(name_in(line)),
            _ => true,
        }));
    }
    kept
}

/// The dependencies that members inherit from the workspace.
fn used_dependencies(files: &Files) -> Result<BTreeSet<String>, String> {
    let mut used = BTreeSet::new();
    let manifests = files.iter().filter(|(path, _)| path.ends_with("/Cargo.toml"));
    for (path, file) in manifests {
        let text = std::str::from_utf8(&file.bytes).map_err(|_| format!("{path} is not UTF-8"))?;
        let manifest: toml::Table = text.parse().map_err(|error| format!("{path}: {error}"))?;
        collect(&manifest, &mut used);
    }
    Ok(used)
}

/// Every table called `…dependencies`, also below `[target]`.
fn collect(table: &toml::Table, used: &mut BTreeSet<String>) {
    for (name, value) in table {
        let Some(inner) = value.as_table() else { continue };
        if name.ends_with("dependencies") {
            used.extend(inner.keys().cloned());
        } else {
            collect(inner, used);
        }
    }
}

/// A text cut before each header of a section. Comments directly above a header belong to its section.
fn sections(text: &str) -> Vec<String> {
    let mut sections = vec![String::new()];
    let mut comments = String::new();
    for line in text.split_inclusive('\n') {
        if line.starts_with('#') {
            comments.push_str(line);
            continue;
        }
        if line.starts_with('[') {
            sections.push(String::new());
        }
        if let Some(section) = sections.last_mut() {
            section.push_str(&std::mem::take(&mut comments));
            section.push_str(line);
        }
    }
    if let Some(section) = sections.last_mut() {
        section.push_str(&comments);
    }
    sections
}

fn header_of(section: &str) -> &str {
    section.lines().find(|line| line.starts_with('[')).unwrap_or_default()
}

/// The key of a line `name = …` or `name.workspace = …`; nothing for other lines.
fn name_in(line: &str) -> &str {
    match line.split_once('=') {
        Some((key, _)) if !line.starts_with(['#', '[', ' ']) => key.trim().split('.').next().unwrap_or_default(),
        _ => "",
    }
}

fn is_mentioned(files: &Files, package: &str, name: &str) -> bool {
    let folder = format!("{package}/src/");
    let sources = files.iter().filter(|(path, _)| path.starts_with(&folder));
    sources.map(|(_, file)| String::from_utf8_lossy(&file.bytes)).any(|text| text.contains(&format!("{name}::")))
}

fn text_of(files: &Files, path: &str) -> Result<Option<String>, String> {
    let Some(file) = files.get(path) else { return Ok(None) };
    String::from_utf8(file.bytes.clone()).map(Some).map_err(|_| format!("{path} is not UTF-8"))
}

/// Replaces the text of a manifest that is there, if it still is one.
fn put(files: &mut Files, path: &str, text: String) -> Result<(), String> {
    text.parse::<toml::Table>().map_err(|error| format!("{path} of the hand-out would not be TOML: {error}"))?;
    if let Some(file) = files.get_mut(path) {
        file.bytes = text.into_bytes();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "[workspace]\nmembers = [\n    \"exercises/day*\",\n    \"solutions/day*\",\n    \"xtask\",\n    \"xtask/cohort\",\n]\n\n\
        [workspace.dependencies]\n# Programs.\naxum = \"0.8\"\ncsv = { version = \"1.4\" }\n\n\
        [profile.dev]\ndebug = 0\n\n# Slow on purpose.\n[profile.dev.package.argon2]\nopt-level = 3\n";

    #[test]
    fn members_and_dependencies_that_are_not_there_are_left_out_and_the_rest_stays_as_it_is() {
        let used = BTreeSet::from(["axum".to_owned()]);
        let expected = ROOT.replace("    \"solutions/day*\",\n", "").replace("    \"xtask/cohort\",\n", "");
        assert_eq!(root_manifest(ROOT, &used), expected.replace("csv = { version = \"1.4\" }\n", ""));
    }

    #[test]
    fn a_package_keeps_what_its_own_sources_use() {
        let text = "[dependencies]\nserde.workspace = true\n\n[dev-dependencies]\ninsta.workspace = true\ntempfile.workspace = true\n\n\
                    # Needs bubblewrap.\n[[test]]\nname = \"attacks\"\npath = \"tests/a.rs\"\n";
        let kept = without_tests(text, |name| name == "insta");
        assert_eq!(kept, "[dependencies]\nserde.workspace = true\n\n[dev-dependencies]\ntempfile.workspace = true\n");
        assert_eq!(without_tests(text, |name| !name.is_empty()), "[dependencies]\nserde.workspace = true\n");
    }

    #[test]
    fn profiles_are_kept_of_packages_that_are_there() {
        let root = "[profile.dev]\ndebug = 0\n\n# Edited.\n[profile.dev.package]\nday01-a.incremental = true\n\
                    day02-b.incremental = true\n\n# Slow.\n[profile.dev.package.argon2]\nopt-level = 3\n\n\
                    [profile.dev.package.sha2]\nopt-level = 3\n";
        let lock = "[[package]]\nname = \"day01-a\"\n\n[[package]]\nname = \"sha2\"\n";
        let file = |text: &str| crate::File { bytes: text.as_bytes().to_vec(), kind: crate::Kind::Course };
        let mut files = Files::from([("Cargo.toml".into(), file(root)), ("Cargo.lock".into(), file(lock))]);
        keep_profiles(&mut files).unwrap();
        let expected = root.replace("day02-b.incremental = true\n", "");
        let expected = expected.replace("# Slow.\n[profile.dev.package.argon2]\nopt-level = 3\n\n", "");
        assert_eq!(String::from_utf8_lossy(&files["Cargo.toml"].bytes), expected);
    }
}
