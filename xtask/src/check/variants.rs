//! A workspace that holds every flawed variant as a package, so that one cargo invocation builds all of them.

use super::flawed::Flawed;
use std::{
    fs,
    path::{Path, PathBuf},
};
use toml::{Table, Value};

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
        let manifest = manifest(&text, repository).map_err(|fault| format!("{}: {fault}", path.display()))?;
        let write = || {
            fs::create_dir_all(folder.join("variants"))?;
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
