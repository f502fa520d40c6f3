//! A workspace with one package for each day, which holds one flawed variant of it after the other. Incremental compilation
//! makes the next variant in a third of the time that a package of its own would take.

use super::flawed::Flawed;
use grader::compile::{self, Targets, Workspace};
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use toml::{Table, Value};

/// The package that makes the features of dependencies those of the repository.
const EVERYTHING: &str = "everything";

/// Where the variants of all days are written, built, and kept.
#[derive(Debug)]
pub struct Variants {
    root: PathBuf,
    target: PathBuf,
}

/// A variant to build.
#[derive(Debug)]
pub struct Order {
    pub day: String,
    pub solution: PathBuf,
    pub flawed: Flawed,
}

/// The program of a variant, or why there is none.
pub type Built = Result<PathBuf, String>;

impl Variants {
    /// Prepares a workspace below `target`, with the dependencies, lints, profiles and lockfile of the repository.
    pub fn new(repository: &Path, target: PathBuf, days: &[&str]) -> Result<Variants, String> {
        let root = target.join("flawed");
        if root.exists() {
            fs::remove_dir_all(&root).map_err(|error| format!("cannot empty {}: {error}", root.display()))?;
        }
        let path = repository.join("Cargo.toml");
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let named = |fault| format!("{}: {fault}", path.display());
        let manifest = manifest(&text, repository, days).map_err(named)?;
        let everything_manifest = everything(&text).map_err(named)?;
        let write = || {
            let everything = root.join("variants").join(EVERYTHING);
            fs::create_dir_all(everything.join("src"))?;
            fs::create_dir_all(root.join("programs"))?;
            fs::write(everything.join("Cargo.toml"), &everything_manifest)?;
            fs::write(everything.join("src/lib.rs"), "")?;
            fs::write(root.join("Cargo.toml"), &manifest)?;
            fs::copy(repository.join("Cargo.lock"), root.join("Cargo.lock"))
        };
        write().map_err(|error| format!("cannot write {}: {error}", root.display()))?;
        Ok(Variants { root, target })
    }

    /// Builds variants, at most one for each day. The outer error is one of the machine; an inner one is the variant's.
    pub fn build(&self, orders: &[Order]) -> Result<Vec<Built>, String> {
        let written: Vec<_> = orders.iter().map(|order| self.write(order)).collect();
        let programs = orders.iter().zip(&written).filter(|(_, written)| written.is_ok());
        let targets =
            Targets { programs: programs.map(|(order, _)| package(&order.day)).collect(), ..Targets::default() };
        if targets.programs.is_empty() {
            return Ok(written.into_iter().map(|written| written.map(|()| PathBuf::new())).collect());
        }
        let at = Workspace { target_dir: Some(self.target.clone()), ..Workspace::at(&self.root) };
        let mut build = compile::build(&at, &targets).map_err(crate::words)?;
        if targets.programs.iter().any(|program| !build.executables.contains_key(program)) {
            // The compiler sometimes stumbles over what it remembers of the variant before.
            self.forget();
            build = compile::build(&at, &targets).map_err(crate::words)?;
        }
        let keep = |order: &Order| match build.executables.get(&package(&order.day)) {
            Some(program) => self.keep(order, program),
            None => Err(format!("it does not compile:\n{}", build.errors(&package(&order.day)))),
        };
        Ok(orders.iter().zip(written).map(|(order, written)| written.and_then(|()| keep(order))).collect())
    }

    /// Removes what incremental compilation has kept. What cannot be removed is used again, at worst.
    fn forget(&self) {
        let _ = fs::remove_dir_all(self.target.join("debug").join("incremental"));
    }

    /// Writes the sources of a variant in the place of the one before.
    fn write(&self, order: &Order) -> Result<(), String> {
        let folder = self.root.join("variants").join(package(&order.day));
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(format!("cannot empty {}: {error}", folder.display()));
            }
            _ => {}
        }
        order.flawed.apply(&order.solution, &folder)?;
        let path = folder.join("Cargo.toml");
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let text =
            package_manifest(&text, &package(&order.day)).map_err(|fault| format!("{}: {fault}", path.display()))?;
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Puts a program aside before the next variant takes its place.
    fn keep(&self, order: &Order, program: &Path) -> Built {
        let kept = self.root.join("programs").join(format!("{}-{}", order.day, order.flawed.name));
        fs::copy(program, &kept).map_err(|error| format!("cannot write {}: {error}", kept.display()))?;
        Ok(kept)
    }
}

/// The package of a day's variants, which is also their program's name.
fn package(day: &str) -> String {
    format!("{day}-flawed")
}

/// The root manifest with the variants as its members and the repository's own crates by absolute path.
fn manifest(text: &str, repository: &Path, days: &[&str]) -> Result<String, String> {
    let mut manifest: Table = text.parse().map_err(|error| format!("{error}"))?;
    let workspace = manifest.get_mut("workspace").and_then(Value::as_table_mut).ok_or("it has no [workspace]")?;
    let members = days.iter().map(|day| package(day)).chain([EVERYTHING.to_owned()]);
    let members: Vec<_> = members.map(|name| Value::from(format!("variants/{name}"))).collect();
    workspace.insert("members".to_owned(), Value::from(members));
    workspace.remove("default-members");
    let dependencies = workspace.get_mut("dependencies").and_then(Value::as_table_mut);
    for (_, dependency) in dependencies.into_iter().flatten() {
        if let Some(Value::String(path)) = dependency.get_mut("path") {
            *path = repository.join(&path).to_string_lossy().into_owned();
        }
    }
    incremental(&mut manifest, days).ok_or("its [profile.dev.package] is no table")?;
    Ok(manifest.to_string())
}

/// Has the variants compiled incrementally, and nothing else: what they depend on is compiled once, for the repository, too.
fn incremental(manifest: &mut Table, days: &[&str]) -> Option<()> {
    let mut table = manifest;
    for name in ["profile", "dev", "package"] {
        table = table.entry(name).or_insert_with(|| Table::new().into()).as_table_mut()?;
    }
    for day in days {
        // Nobody reads the symbols of hundreds of programs.
        let settings = [("incremental".to_owned(), Value::from(true)), ("strip".to_owned(), Value::from("symbols"))];
        table.insert(package(day), Table::from_iter(settings).into());
    }
    Some(())
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
        let manifest: Table = manifest(text, Path::new("/repository"), &["day01-x"]).unwrap().parse().unwrap();
        let workspace = manifest["workspace"].as_table().unwrap();
        assert_eq!(workspace["members"].as_array().unwrap().len(), 2);
        assert_eq!(manifest["profile"]["dev"]["package"]["day01-x-flawed"]["incremental"].as_bool(), Some(true));
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
