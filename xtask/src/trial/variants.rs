//! A workspace whose packages each hold one variant of a solution after the other. Incremental compilation makes the next
//! variant in a third of the time that a package of its own would take.

use super::Change;
use grader::{
    compile::{self, Build, Targets, Workspace},
    error::GradeError,
    process::Cancel,
};
use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};
use toml::{Table, Value};

/// The package that makes the features of dependencies those of the repository.
const EVERYTHING: &str = "everything";

/// Where variants are written, built, and kept.
#[derive(Debug)]
pub struct Variants {
    root: PathBuf,
    target: PathBuf,
    packages: Vec<String>,
    /// None: only Ctrl-C in the terminal ends a build.
    cancel: Option<Cancel>,
}

/// A variant to build.
#[derive(Debug)]
pub struct Order {
    /// The package that holds it, which is also its program's name while it is built.
    pub package: String,
    /// The folder of the solution.
    pub solution: PathBuf,
    pub change: Change,
    /// The name under which its program is kept.
    pub name: String,
}

/// The program of a variant, or why there is none.
pub type Built = Result<PathBuf, NoProgram>;

/// Why there is no program of a variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoProgram {
    /// Its sources could not be made.
    Sources(String),
    /// They do not compile; what the compiler said.
    Compile(String),
    /// The compiler ended for another reason, twice.
    Unclear(String),
}

impl fmt::Display for NoProgram {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoProgram::Sources(why) => formatter.write_str(why),
            NoProgram::Compile(errors) => write!(formatter, "it does not compile:\n{errors}"),
            NoProgram::Unclear(errors) => write!(formatter, "it cannot be compiled:\n{errors}"),
        }
    }
}

impl Variants {
    /// Prepares a workspace at `root` with these packages, and with the dependencies, lints, profiles and lockfile of the
    /// repository. It is built into `target`.
    pub fn new(
        repository: &Path,
        root: PathBuf,
        target: PathBuf,
        packages: Vec<String>,
        cancel: Option<&Cancel>,
    ) -> Result<Variants, String> {
        if root.exists() {
            fs::remove_dir_all(&root).map_err(|error| format!("cannot empty {}: {error}", root.display()))?;
        }
        let path = repository.join("Cargo.toml");
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let named = |fault| format!("{}: {fault}", path.display());
        let manifest = manifest(&text, repository, &packages).map_err(named)?;
        let everything_manifest = everything(&text).map_err(named)?;
        let write = || {
            let everything = root.join("variants").join(EVERYTHING);
            fs::create_dir_all(everything.join("src"))?;
            fs::create_dir_all(root.join("programs"))?;
            fs::write(everything.join("Cargo.toml"), &everything_manifest)?;
            fs::write(everything.join("src/lib.rs"), "")?;
            // cargo wants each member to be there, also one whose first variant comes later.
            for package in &packages {
                let folder = root.join("variants").join(package);
                fs::create_dir_all(folder.join("src"))?;
                fs::write(folder.join("Cargo.toml"), placeholder(package))?;
                fs::write(folder.join("src/main.rs"), "fn main() {}\n")?;
            }
            fs::write(root.join("Cargo.toml"), &manifest)?;
            fs::copy(repository.join("Cargo.lock"), root.join("Cargo.lock"))
        };
        write().map_err(|error| format!("cannot write {}: {error}", root.display()))?;
        Ok(Variants { root, target, packages, cancel: cancel.cloned() })
    }

    /// Builds variants, at most one for each package. The outer error is one of the machine; an inner one is the variant's.
    pub fn build(&self, orders: &[Order]) -> Result<Vec<Built>, String> {
        let written: Vec<_> = orders.iter().map(|order| self.write(order).map_err(NoProgram::Sources)).collect();
        let programs = orders.iter().zip(&written).filter(|(_, written)| written.is_ok());
        let programs: Vec<_> = programs.map(|(order, _)| order.package.clone()).collect();
        let mut build = self.compile(&programs)?;
        let is_called_off = self.cancel.as_ref().is_some_and(Cancel::is_cancelled);
        if !is_called_off && programs.iter().any(|program| stumbles(&build, program)) {
            // The compiler sometimes stumbles over what it remembers of the variant before.
            self.forget();
            build = self.compile(&programs)?;
        }
        let keep = |order: &Order| match build.executables.get(&order.package) {
            Some(program) => self.keep(order, program),
            None if stumbles(&build, &order.package) => Ok(Err(NoProgram::Unclear(build.errors(&order.package)))),
            None => Ok(Err(NoProgram::Compile(build.errors(&order.package)))),
        };
        orders
            .iter()
            .zip(written)
            .map(|(order, written)| written.map_or_else(|why| Ok(Err(why)), |()| keep(order)))
            .collect()
    }

    fn compile(&self, programs: &[String]) -> Result<Build, String> {
        let at = Workspace {
            target_dir: Some(self.target.clone()),
            cancel: self.cancel.clone(),
            ..Workspace::at(&self.root)
        };
        let targets = Targets { programs: programs.to_vec(), ..Targets::default() };
        match compile::build(&at, &targets) {
            Err(GradeError::Cancelled) => Ok(Build::default()),
            built => built.map_err(crate::words),
        }
    }

    /// Removes what was compiled of the packages. What cannot be removed is used again, at worst.
    pub fn forget(&self) {
        for folder in ["incremental", "deps"].map(|folder| self.target.join("debug").join(folder)) {
            for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if self.packages.iter().any(|package| is_made_of(&name, package)) {
                    let _ = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
                }
            }
        }
    }

    /// Writes the sources of a variant in the place of the one before.
    fn write(&self, order: &Order) -> Result<(), String> {
        let folder = self.root.join("variants").join(&order.package);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(format!("cannot empty {}: {error}", folder.display()));
            }
            _ => {}
        }
        order.change.apply(&order.solution, &folder)?;
        let path = folder.join("Cargo.toml");
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let text = package_manifest(&text, &order.package).map_err(|fault| format!("{}: {fault}", path.display()))?;
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Puts a program aside before the next variant takes its place.
    fn keep(&self, order: &Order, program: &Path) -> Result<Built, String> {
        let kept = self.root.join("programs").join(&order.name);
        fs::copy(program, &kept).map_err(|error| format!("cannot write {}: {error}", kept.display()))?;
        Ok(Ok(kept))
    }
}

/// Whether there is no program for a reason that does not lie in its sources.
fn stumbles(build: &Build, program: &str) -> bool {
    let errors = build.errors(program);
    let points_at_sources = errors.contains("-->") && !errors.contains("internal compiler error");
    !build.executables.contains_key(program) && !points_at_sources
}

/// Whether a file in the target folder was made of this package: cargo appends a hash to its name.
fn is_made_of(file: &str, package: &str) -> bool {
    file.strip_prefix(&package.replace('-', "_")).is_some_and(|rest| rest.starts_with('-'))
}

/// The manifest of a package that has no variant yet.
fn placeholder(package: &str) -> String {
    format!("[package]\nname = \"{package}\"\nedition = \"2024\"\n")
}

/// The root manifest with the variants as its members and the repository's own crates by absolute path.
fn manifest(text: &str, repository: &Path, packages: &[String]) -> Result<String, String> {
    let mut manifest: Table = text.parse().map_err(|error| format!("{error}"))?;
    let workspace = manifest.get_mut("workspace").and_then(Value::as_table_mut).ok_or("it has no [workspace]")?;
    let members = packages.iter().map(String::as_str).chain([EVERYTHING]);
    let members: Vec<_> = members.map(|name| Value::from(format!("variants/{name}"))).collect();
    workspace.insert("members".to_owned(), Value::from(members));
    workspace.remove("default-members");
    let dependencies = workspace.get_mut("dependencies").and_then(Value::as_table_mut);
    for (_, dependency) in dependencies.into_iter().flatten() {
        if let Some(Value::String(path)) = dependency.get_mut("path") {
            *path = repository.join(&path).to_string_lossy().into_owned();
        }
    }
    incremental(&mut manifest, packages).ok_or("its [profile.dev.package] is no table")?;
    Ok(manifest.to_string())
}

/// Has the variants compiled incrementally, and nothing else: what they depend on is compiled once, for the repository, too.
fn incremental(manifest: &mut Table, packages: &[String]) -> Option<()> {
    let mut table = manifest;
    for name in ["profile", "dev", "package"] {
        table = table.entry(name).or_insert_with(|| Table::new().into()).as_table_mut()?;
    }
    for package in packages {
        // Nobody reads the symbols of hundreds of programs.
        let settings = [("incremental".to_owned(), Value::from(true)), ("strip".to_owned(), Value::from("symbols"))];
        table.insert(package.clone(), Table::from_iter(settings).into());
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
        let manifest: Table =
            manifest(text, Path::new("/repository"), &["day01-x-flawed".to_owned()]).unwrap().parse().unwrap();
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
