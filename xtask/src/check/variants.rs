//! A workspace that holds every flawed variant as a package, so that one cargo invocation builds all of them.

use super::flawed::Flawed;
use std::{
    fs,
    path::{Path, PathBuf},
};
use toml::{Table, Value};

/// The package that makes the features of dependencies those of the repository.
const EVERYTHING: &str = "everything";

/// Where the variants of all days are written, and built from.
#[derive(Debug)]
pub struct Variants {
    root: PathBuf,
}

impl Variants {
    /// Prepares an empty workspace in `folder`, with the dependencies, lints, profiles and lockfile of the repository.
    pub fn new(repository: &Path, folder: &Path) -> Result<Variants, String> {
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(|error| format!("cannot empty {}: {error}", folder.display()))?;
        }
        let path = repository.join("Cargo.toml");
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let named = |fault| format!("{}: {fault}", path.display());
        let manifest = manifest(&text, repository).map_err(named)?;
        let everything_manifest = everything(&text).map_err(named)?;
        let write = || {
            let everything = folder.join("variants").join(EVERYTHING);
            fs::create_dir_all(everything.join("src"))?;
            fs::write(everything.join("Cargo.toml"), &everything_manifest)?;
            fs::write(everything.join("src/lib.rs"), "")?;
            fs::write(folder.join("Cargo.toml"), &manifest)?;
            fs::copy(repository.join("Cargo.lock"), folder.join("Cargo.lock"))
        };
        write().map_err(|error| format!("cannot write {}: {error}", folder.display()))?;
        Ok(Variants { root: folder.to_owned() })
    }

    /// The folder of the workspace.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Adds one variant of the solution in `solution`; returns the name of its package, which is also its program's.
    pub fn add(&self, day: &str, solution: &Path, flawed: &Flawed) -> Result<String, String> {
        let package = format!("{day}-flawed-{}", flawed.name.replace('_', "-"));
        let folder = self.root.join("variants").join(&package);
        flawed.apply(solution, &folder)?;
        let path = folder.join("Cargo.toml");
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let text = package_manifest(&text, &package).map_err(|fault| format!("{}: {fault}", path.display()))?;
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(package)
    }
}

/// The root manifest with the variants as its members and the repository's own crates by absolute path.
fn manifest(text: &str, repository: &Path) -> Result<String, String> {
    let mut manifest: Table = text.parse().map_err(|error| format!("{error}"))?;
    let workspace = manifest.get_mut("workspace").and_then(Value::as_table_mut).ok_or("it has no [workspace]")?;
    workspace.insert("members".to_owned(), Value::from(vec!["variants/*"]));
    workspace.remove("default-members");
    let dependencies = workspace.get_mut("dependencies").and_then(Value::as_table_mut);
    for (_, dependency) in dependencies.into_iter().flatten() {
        if let Some(Value::String(path)) = dependency.get_mut("path") {
            *path = repository.join(&path).to_string_lossy().into_owned();
        }
    }
    Ok(manifest.to_string())
}

/// A package that depends on all that the repository depends on. It is never built. But cargo gives a dependency the
/// features that all members of a workspace want together; without it they would be others than in the repository, and
/// most dependencies would be compiled a second time for the variants.
fn everything(text: &str) -> Result<String, String> {
    let manifest: Table = text.parse().map_err(|error| format!("{error}"))?;
    let all = manifest.get("workspace").and_then(|workspace| workspace.get("dependencies")).and_then(Value::as_table);
    let foreign = all.into_iter().flatten().filter(|(_, dependency)| dependency.get("path").is_none());
    let inherited = Value::from(Table::from_iter([("workspace".to_owned(), Value::from(true))]));
    let dependencies: Table = foreign.map(|(name, _)| (name.clone(), inherited.clone())).collect();
    let package =
        Table::from_iter([("name".to_owned(), Value::from(EVERYTHING)), ("edition".to_owned(), Value::from("2024"))]);
    let parts = [("package".to_owned(), Value::from(package)), ("dependencies".to_owned(), Value::from(dependencies))];
    Ok(Table::from_iter(parts).to_string())
}

/// A solution's manifest under another name, without its tests.
fn package_manifest(text: &str, package: &str) -> Result<String, String> {
    let mut manifest: Table = text.parse().map_err(|error| format!("{error}"))?;
    for unwanted in ["test", "dev-dependencies"] {
        manifest.remove(unwanted);
    }
    let name = Value::from(package);
    manifest.get_mut("package").and_then(Value::as_table_mut).ok_or("no [package]")?.insert("name".to_owned(), name);
    let program = Value::from(Table::from_iter([
        ("name".to_owned(), Value::from(package)),
        ("path".to_owned(), Value::from("src/main.rs")),
        ("test".to_owned(), Value::from(false)),
    ]));
    manifest.insert("bin".to_owned(), Value::from(vec![program]));
    Ok(manifest.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_manifest_points_back_at_the_repository() {
        let text = "[workspace]\nmembers = [\"a\"]\ndefault-members = [\"a\"]\n[workspace.dependencies]\n\
                    ours = { path = \"crates/ours\" }\nserde = \"1\"\n[profile.dev]\ndebug = 0\n";
        let manifest: Table = manifest(text, Path::new("/repository")).unwrap().parse().unwrap();
        let workspace = manifest["workspace"].as_table().unwrap();
        assert_eq!(workspace["members"].as_array().unwrap().len(), 1);
        assert!(!workspace.contains_key("default-members"));
        assert_eq!(workspace["dependencies"]["ours"]["path"].as_str(), Some("/repository/crates/ours"));
        assert_eq!(manifest["profile"]["dev"]["debug"].as_integer(), Some(0));
    }

    #[test]
    fn features_of_dependencies_are_those_of_the_repository() {
        let text =
            "[workspace.dependencies]\nours = { path = \"ours\" }\nserde = { version = \"1\", features = [\"rc\"] }\n";
        let manifest: Table = everything(text).unwrap().parse().unwrap();
        let dependencies = manifest["dependencies"].as_table().unwrap();
        assert_eq!(dependencies.keys().collect::<Vec<_>>(), ["serde"]);
        assert_eq!(dependencies["serde"]["workspace"].as_bool(), Some(true));
    }

    #[test]
    fn a_variant_is_a_package_of_its_own_without_tests() {
        let text = "[package]\nname = \"x-solution\"\n[[bin]]\nname = \"x-solution\"\n[[test]]\nname = \"checkpoints\"\n\
                    [dependencies]\nserde.workspace = true\n[dev-dependencies]\nharness.workspace = true\n";
        let manifest: Table = package_manifest(text, "x-flawed-y").unwrap().parse().unwrap();
        assert_eq!(manifest["package"]["name"].as_str(), Some("x-flawed-y"));
        assert_eq!(manifest["bin"][0]["name"].as_str(), Some("x-flawed-y"));
        assert!(manifest["dependencies"].get("serde").is_some());
        assert!(manifest.get("test").is_none() && manifest.get("dev-dependencies").is_none());
    }
}
