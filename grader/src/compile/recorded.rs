//! How cargo compiles the programs of the course, written down once, so that somebody else's sources can be compiled in
//! the same way without cargo.
//!
//! cargo runs code before it compiles anything: build scripts, whatever `.cargo/config.toml` names, a toolchain file. For
//! a submission it is not started at all. It builds the course's own stubs, with dependencies, and our executable stands
//! in for rustc meanwhile and notes how rustc was called for each program. For a submission rustc is called the same way
//! with the learner's files in the stub's place. That is also the least work: no dependency is looked at again.

use super::{Targets, Workspace, cargo};
use crate::{
    error::GradeError,
    process::{Cancel, output_unless},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

/// Names the folder for the notes; set by us for cargo, and so for the executable that stands in for rustc.
const NOTES: &str = "GRADER_RUSTC_NOTES";

/// What takes the place of folders that are elsewhere when it is used.
const COURSE: &str = "{course}";
const LIBRARIES: &str = "{libraries}";
const OUTPUT: &str = "{output}";

/// How rustc was called for a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    arguments: Vec<String>,
    environment: BTreeMap<String, String>,
}

/// Everything that is needed to compile submissions.
#[derive(Debug, Clone)]
pub struct Kitchen {
    /// The folder of the toolchain.
    pub sysroot: PathBuf,
    /// What `rustc --version` says.
    pub toolchain: String,
    /// The compiled dependencies, and nothing else.
    pub libraries: PathBuf,
    /// How each program is compiled.
    pub recipes: BTreeMap<String, Recipe>,
}

/// Where a recipe is followed.
#[derive(Debug, Clone, Copy)]
pub struct Places<'a> {
    /// The folder of the toolchain.
    pub sysroot: &'a Path,
    /// The compiled dependencies.
    pub libraries: &'a Path,
    /// The tree of the course.
    pub course: &'a Path,
    /// Where the program goes.
    pub output: &'a Path,
}

impl Recipe {
    /// The command line, and the environment.
    pub fn command(&self, places: &Places<'_>) -> (Vec<OsString>, Vec<(String, String)>) {
        let fill = |text: &String| {
            let filled = text.replace(COURSE, &places.course.to_string_lossy());
            let filled = filled.replace(LIBRARIES, &places.libraries.to_string_lossy());
            filled.replace(OUTPUT, &places.output.to_string_lossy())
        };
        let mut words =
            vec![places.sysroot.join("bin").join(format!("rustc{}", std::env::consts::EXE_SUFFIX)).into_os_string()];
        words.extend(self.arguments.iter().map(fill).map(OsString::from));
        (words, self.environment.iter().map(|(name, value)| (name.clone(), fill(value))).collect())
    }

    /// From a call of rustc in a build of the course at `root` into `target`.
    fn new(arguments: &[String], environment: &BTreeMap<String, String>, root: &str, target: &str) -> Recipe {
        let dependencies = format!("{target}/debug/deps");
        let general = |text: &str| text.replace(&dependencies, LIBRARIES).replace(root, COURSE);
        let mut kept = Vec::new();
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--out-dir" => {
                    words.next();
                    kept.extend(["--out-dir".to_owned(), OUTPUT.to_owned()]);
                }
                // Libraries in C are inside the Rust libraries that use them.
                "-L" => kept.extend(
                    words.next().filter(|path| !path.starts_with("native=")).map(|path| format!("-L{}", general(path))),
                ),
                // Nothing is remembered of a submission: it would be for the next one to read.
                "-C" if words.as_slice().first().is_some_and(|word| word.starts_with("incremental=")) => {
                    words.next();
                }
                // The notes of cargo's own: what depends on what, what to colour, how wide the terminal is.
                word if word.starts_with("--json=") || word.starts_with("--diagnostic-width") => {}
                word if word.starts_with("--emit=") => kept.push("--emit=link".to_owned()),
                word => kept.push(general(word)),
            }
        }
        let environment = environment.iter().map(|(name, value)| {
            let value = if name == "OUT_DIR" { OUTPUT.to_owned() } else { general(value) };
            (name.clone(), value)
        });
        Recipe { arguments: kept, environment: environment.collect() }
    }
}

/// A note as it is written by the executable that stands in for rustc.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    arguments: Vec<String>,
    environment: BTreeMap<String, String>,
}

/// To be called first by the executable that stands in for rustc (see [`prepare`]): when cargo has started it as such, it
/// makes its note and becomes rustc. Otherwise nothing happens.
///
/// # Errors
/// When the note cannot be written or rustc cannot be started.
pub fn stand_in() -> std::io::Result<()> {
    let Some(folder) = std::env::var_os(NOTES) else { return Ok(()) };
    let mut arguments = std::env::args_os().skip(1);
    let rustc = arguments.next().ok_or_else(|| std::io::Error::other("cargo did not name rustc"))?;
    let arguments: Vec<_> = arguments.collect();
    if let Ok(program) = std::env::var("CARGO_BIN_NAME") {
        let wanted = |name: &str| {
            name == "OUT_DIR" || (name.starts_with("CARGO_") && !["CARGO_HOME", "CARGO_MAKEFLAGS"].contains(&name))
        };
        let note = Note {
            arguments: arguments.iter().map(|argument| argument.to_string_lossy().into_owned()).collect(),
            environment: std::env::vars().filter(|(name, _)| wanted(name)).collect(),
        };
        let path = Path::new(&folder).join(format!("{program}.json"));
        crate::store::write(&path, &serde_json::to_vec(&note)?).map_err(std::io::Error::other)?;
    }
    let mut rustc = Command::new(rustc);
    rustc.args(arguments).env_remove(NOTES);
    let status = rustc.status()?;
    std::process::exit(status.code().unwrap_or(1));
}

/// Builds `programs` of the course, and learns how. `stand_in` is an executable that calls [`stand_in`] first.
///
/// # Errors
/// When the course cannot be built: its own fault or the machine's.
pub fn prepare(root: &Path, programs: &[String], stand_in: &Path) -> Result<Kitchen, GradeError> {
    let target = target_folder(root)?;
    let folder = target.join("submissions");
    let notes = folder.join("recipes");
    fs::create_dir_all(&notes).map_err(GradeError::writing(&notes))?;
    // Another grader that begins at the same moment would have cargo forget what this one is about to use.
    let path = folder.join("lock");
    let turn = File::create(&path).and_then(|turn| turn.lock().map(|()| turn)).map_err(GradeError::writing(&path))?;
    let note = |program: &String| notes.join(format!("{program}.json"));
    // cargo compiles anew when another executable stands in, so all graders have theirs at the same place.
    let wrapper = folder.join(format!("rustc{}", std::env::consts::EXE_SUFFIX));
    link(stand_in, &wrapper).map_err(GradeError::writing(&wrapper))?;
    let missing: Vec<_> = programs.iter().filter(|program| !note(program).exists()).collect();
    if !missing.is_empty() {
        forget(root, &missing)?;
    }
    let workspace = Workspace {
        environment: vec![
            ("RUSTC_WORKSPACE_WRAPPER".into(), wrapper.into_os_string()),
            (NOTES.into(), notes.clone().into_os_string()),
        ],
        ..Workspace::at(root)
    };
    let targets = Targets { programs: programs.to_vec(), tests: Vec::new() };
    let build = super::build(&workspace, &targets)?;
    let mut recipes = BTreeMap::new();
    for program in programs {
        if !build.executables.contains_key(program) {
            let errors = build.errors(program);
            return Err(GradeError::Cargo(format!("the course's own {program} does not compile:\n{errors}")));
        }
        let path = note(program);
        let text = fs::read(&path).map_err(GradeError::reading(&path))?;
        let Note { arguments, environment } =
            serde_json::from_slice(&text).map_err(|error| GradeError::reading(&path)(error.into()))?;
        let recipe = Recipe::new(&arguments, &environment, &root.to_string_lossy(), &target.to_string_lossy());
        recipes.insert(program.clone(), recipe);
    }
    let libraries = folder.join("libraries");
    link_libraries(&target.join("debug/deps"), &libraries).map_err(GradeError::writing(&libraries))?;
    drop(turn);
    let sysroot = said_by(root, Command::new("rustc"), &["--print", "sysroot"])?;
    Ok(Kitchen { sysroot: sysroot.into(), toolchain: toolchain(root), libraries, recipes })
}

/// What `rustc --version` says in the course at `root`, or nothing when it cannot be asked.
pub fn toolchain(root: &Path) -> String {
    said_by(root, Command::new("rustc"), &["--version"]).unwrap_or_default()
}

/// The commit of the course at `root`, with `-modified` when files differ from it, or `unknown` outside Git.
pub fn course_version(root: &Path) -> String {
    let describe = ["describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=-modified"];
    said_by(root, Command::new("git"), &describe).unwrap_or_else(|_| "unknown".to_owned())
}

/// cargo calls rustc only for what it has to build, so programs without a note are built again.
fn forget(root: &Path, programs: &[&String]) -> Result<(), GradeError> {
    let mut command = cargo();
    command.current_dir(root).args(["clean", "--quiet"]);
    for program in programs {
        command.args(["--package", program]);
    }
    let output = command.output().map_err(|error| GradeError::Cargo(format!("cargo cannot be started: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    Err(GradeError::Cargo(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

fn target_folder(root: &Path) -> Result<PathBuf, GradeError> {
    #[derive(Deserialize)]
    struct Metadata {
        target_directory: PathBuf,
    }
    let text = said_by(root, cargo(), &["metadata", "--no-deps", "--format-version", "1"])?;
    let metadata: Metadata = serde_json::from_str(&text).map_err(|error| GradeError::Cargo(error.to_string()))?;
    Ok(metadata.target_directory)
}

/// What a command says in the folder `root`. Tests may be running meanwhile, so it is started as one of our own processes.
fn said_by(root: &Path, mut command: Command, arguments: &[&str]) -> Result<String, GradeError> {
    let shown = format!("{} {}", command.get_program().display(), arguments.join(" "));
    command.current_dir(root).args(arguments);
    let output = output_unless(&Cancel::default(), command);
    let output = output.map_err(|error| GradeError::Cargo(format!("{shown}: {error}")))?;
    let Some(output) = output else { return Err(GradeError::Cancelled) };
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(GradeError::Cargo(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

/// The folder of dependencies also holds executables: hidden tests, reference solutions. So the libraries get a folder of
/// their own, as links, which cost no space.
fn link_libraries(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let is_library =
            path.extension().is_some_and(|it| ["rlib", "rmeta", "so", "dylib", "dll"].iter().any(|known| it == *known));
        let (true, Some(name)) = (is_library, path.file_name()) else { continue };
        link(&path, &to.join(name))?;
    }
    Ok(())
}

/// Another name for a file, which costs no space where both are in one file system.
fn link(path: &Path, name: &Path) -> std::io::Result<()> {
    if same_file(path, name) {
        return Ok(());
    }
    // Another grader may be using the old one at this moment.
    let mut fresh = OsString::from(".");
    fresh.push(name.file_name().unwrap_or_default());
    fresh.push(format!(".{}", std::process::id()));
    let fresh = name.with_file_name(fresh);
    fs::hard_link(path, &fresh).or_else(|_| fs::copy(path, &fresh).map(drop))?;
    fs::rename(&fresh, name)
}

fn same_file(a: &Path, b: &Path) -> bool {
    let facts = |path: &Path| fs::metadata(path).and_then(|it| Ok((it.len(), it.modified()?))).ok();
    facts(a).is_some() && facts(a) == facts(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_of_rustc_becomes_a_recipe_for_other_places() {
        let arguments = [
            "--crate-name",
            "day03",
            "exercises/day03/src/main.rs",
            "--error-format=json",
            "--json=artifacts,diagnostic-rendered-ansi",
            "--emit=dep-info,link",
            "-C",
            "strip=debuginfo",
            "-C",
            "incremental=/home/me/course/target/debug/incremental",
            "--out-dir",
            "/home/me/course/target/debug/deps",
            "-L",
            "dependency=/home/me/course/target/debug/deps",
            "-L",
            "native=/home/me/course/target/debug/build/x/out",
            "--extern",
            "axum=/home/me/course/target/debug/deps/libaxum-1.rlib",
        ];
        let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
        let environment = BTreeMap::from([
            ("CARGO_MANIFEST_DIR".to_owned(), "/home/me/course/exercises/day03".to_owned()),
            ("OUT_DIR".to_owned(), "/home/me/course/target/debug/build/y/out".to_owned()),
        ]);
        let recipe = Recipe::new(&arguments, &environment, "/home/me/course", "/home/me/course/target");
        let place = Path::new;
        let places = Places { sysroot: place("/t"), libraries: place("/l"), course: place("/c"), output: place("/o") };
        let (words, environment) = recipe.command(&places);
        let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
        assert_eq!(
            words,
            [
                "/t/bin/rustc",
                "--crate-name",
                "day03",
                "exercises/day03/src/main.rs",
                "--error-format=json",
                "--emit=link",
                "-C",
                "strip=debuginfo",
                "--out-dir",
                "/o",
                "-Ldependency=/l",
                "--extern",
                "axum=/l/libaxum-1.rlib"
            ]
        );
        let environment: Vec<_> = environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(environment, [("CARGO_MANIFEST_DIR", "/c/exercises/day03"), ("OUT_DIR", "/o")]);
    }
}
