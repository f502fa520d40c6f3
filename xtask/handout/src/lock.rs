//! The lockfile of a hand-out: what is left of the course's own when cargo has taken out what nobody needs there.

use crate::{File, Files, Kind};
use grader::{compile::cargo, temporary::Temporary};
use serde::Deserialize;
use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Output, Stdio},
};

const LOCK: &str = "Cargo.lock";

/// Derives it, in a copy of the hand-out that nobody else sees.
pub fn derive(files: &mut Files, course: &Path) -> Result<(), String> {
    let fault = |error: std::io::Error| format!("no room for a copy of the hand-out: {error}");
    // Whoever is killed here leaves it, and the next run removes it.
    let copy = Temporary::new("handout").map_err(fault)?;
    for (path, file) in files.iter() {
        let path = copy.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(copy.path()))
            .and_then(|()| fs::write(&path, &file.bytes))
            .map_err(fault)?;
    }
    let before = course.join(LOCK);
    let before = fs::read_to_string(&before).map_err(|error| format!("cannot read {}: {error}", before.display()))?;
    let path = copy.path().join(LOCK);
    fs::write(&path, &before).map_err(fault)?;

    // cargo takes out of a lockfile what nobody needs, and changes no version that is in it.
    run(copy.path(), &["update", "--workspace", "--offline"])?;
    let after = fs::read_to_string(&path).map_err(fault)?;
    expect_same_versions(&before, &after)?;
    run(copy.path(), &["update", "--workspace", "--offline", "--locked"])?;
    files.insert(LOCK.to_owned(), File { bytes: after.into_bytes(), kind: Kind::Course });
    Ok(())
}

fn run(folder: &Path, arguments: &[&str]) -> Result<Output, String> {
    let output = cargo().current_dir(folder).args(arguments).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("cargo cannot be started: {error}"))?;
    if output.status.success() {
        return Ok(output);
    }
    let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(format!(
        "the lockfile of the hand-out cannot be derived; `cargo fetch --locked` in the course may help:\n{why}"
    ))
}

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Package>,
}

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
}

/// A version that the course was never tested with is none to hand out.
fn expect_same_versions(before: &str, after: &str) -> Result<(), String> {
    let packages = |text: &str| {
        let lock: Lock = toml::from_str(text).map_err(|error| format!("{LOCK}: {error}"))?;
        Ok::<BTreeSet<_>, String>(lock.package.into_iter().collect())
    };
    let (before, after) = (packages(before)?, packages(after)?);
    match after.difference(&before).next() {
        None => Ok(()),
        Some(Package { name, version, .. }) => {
            Err(format!("the hand-out would have {name} {version}, which the course's {LOCK} has not"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_packages_are_the_same_versions_and_others_are_not() {
        let package = |name: &str, version: &str| format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n");
        let course = package("axum", "0.8.9") + &package("csv", "1.4.0");
        assert_eq!(expect_same_versions(&course, &package("axum", "0.8.9")), Ok(()));
        assert!(expect_same_versions(&course, &package("axum", "0.8.10")).unwrap_err().contains("axum 0.8.10"));
    }
}
