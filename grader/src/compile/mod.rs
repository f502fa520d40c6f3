//! From sources to programs and test executables: one cargo invocation for everything that was asked for.
//!
//! A package that does not compile costs the others nothing (`--keep-going`), and cargo's JSON messages say which
//! package each error belongs to. Packages are chosen by the names of their targets and not with `-p`: cargo unites the
//! features of the *selected* packages, so that with `-p` one day and all days would be different builds of the same
//! dependencies.

mod call;
mod contained;
mod known;
mod recorded;
mod remembered;
mod surroundings;

pub use contained::{Compiled, compile};
pub use recorded::{Kitchen, Places, Recipe, course_version, prepare, stand_in, toolchain};

use known::Moment;

use crate::{
    error::GradeError,
    process::{Cancel, output_unless},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
};

/// The test that a build without others asks for, and its package.
const SAME_FEATURES: &str = "same-features";

/// More of a compiler's output does not help anybody.
const SHOWN_ERRORS: usize = 5;

/// A workspace to build in.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// The folder of its `Cargo.toml`.
    pub root: PathBuf,
    /// Where to build. None: where cargo would.
    pub target_dir: Option<PathBuf>,
    /// Whether the compiler's messages keep their colours.
    pub colour: bool,
    /// More variables for cargo.
    pub environment: Vec<(OsString, OsString)>,
    /// Ends the build when it is called off. None: only Ctrl-C in the terminal does.
    pub cancel: Option<Cancel>,
}

impl Workspace {
    /// The workspace at `root`, built as cargo would.
    pub fn at(root: impl Into<PathBuf>) -> Workspace {
        Workspace { root: root.into(), target_dir: None, colour: false, environment: Vec::new(), cancel: None }
    }
}

/// What to build. Names of targets are unique in the workspace.
#[derive(Debug, Clone, Default)]
pub struct Targets {
    /// Programs; each is named after its package.
    pub programs: Vec<String>,
    /// Test executables.
    pub tests: Vec<String>,
}

/// What came out of a build.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Build {
    /// Programs and test executables that were built, by name of target.
    pub executables: BTreeMap<String, PathBuf>,
    /// What the compiler said about targets, by name of target.
    messages: BTreeMap<String, Messages>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Messages {
    errors: Vec<String>,
    warnings: Vec<String>,
}

impl Messages {
    /// What rustc says by itself, a line each.
    fn of_rustc(said: &str) -> Messages {
        let mut messages = Messages::default();
        for message in said.lines().filter_map(|line| serde_json::from_str(line).ok()) {
            messages.add(message);
        }
        messages
    }

    fn add(&mut self, Message { level, rendered }: Message) {
        let Some(rendered) = rendered else { return };
        // "aborting due to 2 previous errors" and its like say nothing new.
        let summaries = ["aborting due to", "warning emitted", "warnings emitted"];
        match level.as_str() {
            _ if summaries.iter().any(|words| rendered.contains(words)) => {}
            "warning" => self.warnings.push(rendered),
            "error" | "error: internal compiler error" => self.errors.push(rendered),
            _ => {}
        }
    }

    fn shown_errors(&self) -> String {
        let shown: Vec<_> = self.errors.iter().take(SHOWN_ERRORS).map(|error| error.trim_end()).collect();
        match self.errors.len().saturating_sub(SHOWN_ERRORS) {
            0 => shown.join("\n\n"),
            more => format!("{}\n\n… and {more} more errors", shown.join("\n\n")),
        }
    }
}

impl Build {
    /// The compiler's errors about a target that could not be built, as it printed them.
    pub fn errors(&self, target: &str) -> String {
        self.messages.get(target).map(Messages::shown_errors).unwrap_or_default()
    }

    /// The compiler's warnings about a target.
    pub fn warnings(&self, target: &str) -> &[String] {
        self.messages.get(target).map(|messages| messages.warnings.as_slice()).unwrap_or_default()
    }
}

/// Builds: with cargo, unless everything is as it was when cargo built the same, or only a program has been edited since.
///
/// # Errors
/// When cargo cannot be run, or stops before it compiles anything: the course's fault or the machine's.
pub fn build(workspace: &Workspace, targets: &Targets) -> Result<Build, GradeError> {
    if targets.programs.is_empty() && targets.tests.is_empty() {
        return Ok(Build::default());
    }
    let moment = Moment::now(workspace, targets);
    if let Some(build) = moment.as_ref().and_then(Moment::again) {
        return Ok(build);
    }
    let output = output(build_command(workspace, targets), workspace.cancel.as_ref())
        .map_err(|error| GradeError::Cargo(format!("cargo cannot be started: {error}")))?
        .ok_or(GradeError::Cancelled)?;
    let (build, said) = (read(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if let Some(executable) = build.executables.values().next() {
        remembered::forget_most(&workspace.root, executable);
    }
    if output.status.success() {
        moment.iter().for_each(|moment| moment.remember(&build, &said));
    } else if build.messages.values().all(|messages| messages.errors.is_empty()) {
        return Err(GradeError::Cargo(complaint(&said)));
    }
    Ok(build)
}

fn build_command(workspace: &Workspace, targets: &Targets) -> Command {
    let format = if workspace.colour { "json-diagnostic-rendered-ansi" } else { "json" };
    let mut command = cargo();
    command.current_dir(&workspace.root).args(["build", "--workspace", "--keep-going", "--message-format", format]);
    // It says how it calls rustc, and with which environment.
    command.arg("-vv");
    command.envs(workspace.environment.iter().map(|(name, value)| (name, value)));
    if let Some(folder) = &workspace.target_dir {
        command.arg("--target-dir").arg(folder);
    }
    for program in &targets.programs {
        command.args(["--bin", program]);
    }
    for test in &targets.tests {
        command.args(["--test", test]);
    }
    // Its source says why.
    if targets.tests.is_empty() && has_target(&workspace.root.join("grader").join(SAME_FEATURES), SAME_FEATURES) {
        command.args(["--test", SAME_FEATURES]);
    }
    command
}

/// All that a command of the course writes; none when it was called off. Where nobody can call it off it stays in our group,
/// for Ctrl-C in the terminal to reach it.
fn output(mut command: Command, cancel: Option<&Cancel>) -> io::Result<Option<process::Output>> {
    match cancel {
        None => command.stdin(Stdio::null()).output().map(Some),
        Some(cancel) => output_unless(cancel, command),
    }
}

/// What cargo said without what it did.
fn complaint(said: &str) -> String {
    const DONE: [&str; 6] = ["Blocking ", "Compiling ", "Dirty ", "Finished ", "Fresh ", "Running `"];
    let is_done = |line: &&str| DONE.iter().any(|word| line.trim_start().starts_with(word));
    said.trim().lines().filter(|line| !is_done(line)).collect::<Vec<_>>().join("\n")
}

/// The cargo that runs us, or the one on the PATH.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Set for whoever runs below `cargo run`, and not meant for another package's build.
    for variable in ["CARGO_PKG_NAME", "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "RUSTFLAGS_FOR_TESTS"] {
        command.env_remove(variable);
    }
    command
}

/// A line of cargo's output, as far as we care.
#[derive(Deserialize)]
struct Line {
    reason: String,
    target: Option<Target>,
    executable: Option<PathBuf>,
    message: Option<Message>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Message {
    level: String,
    rendered: Option<String>,
}

fn read(stdout: &[u8]) -> Build {
    let mut build = Build::default();
    for line in String::from_utf8_lossy(stdout).lines() {
        // Build scripts may print lines of their own between cargo's.
        let Ok(line) = serde_json::from_str::<Line>(line) else { continue };
        let Some(Target { name }) = line.target else { continue };
        match (line.reason.as_str(), line.executable, line.message) {
            ("compiler-artifact", Some(executable), _) => {
                build.executables.insert(name, executable);
            }
            ("compiler-message", _, Some(message)) => build.messages.entry(name).or_default().add(message),
            _ => {}
        }
    }
    build
}

/// Whether the package at `folder` has a target of this name. Cheaper than `cargo metadata`, and enough for manifests
/// that name their targets.
pub fn has_target(folder: &Path, name: &str) -> bool {
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    manifest.parse::<toml::Table>().is_ok_and(|manifest| {
        let kinds = ["bin", "test"].into_iter().filter_map(|kind| manifest.get(kind)?.as_array());
        kinds.flatten().any(|target| target.get("name").and_then(toml::Value::as_str) == Some(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(value: &serde_json::Value) -> String {
        value.to_string() + "\n"
    }

    #[test]
    fn executables_and_messages_are_told_apart_by_target() {
        let target = |name: &str| serde_json::json!({"name": name, "kind": ["bin"]});
        let message = |name: &str, level: &str, text: &str| {
            line(&serde_json::json!({"reason": "compiler-message", "target": target(name),
                                     "message": {"level": level, "rendered": text}}))
        };
        let artifact = line(
            &serde_json::json!({"reason": "compiler-artifact", "target": target("good"), "executable": "/t/good"}),
        );
        let text = [
            artifact,
            "not json\n".to_owned(),
            message("bad", "error", "error[E0308]: mismatched types\n"),
            message("bad", "error", "error: aborting due to 1 previous error\n"),
            message("good", "warning", "warning: unused\n"),
            line(&serde_json::json!({"reason": "build-finished", "success": false})),
        ];
        let build = read(text.concat().as_bytes());
        assert_eq!(build.executables["good"], Path::new("/t/good"));
        assert_eq!(build.errors("bad"), "error[E0308]: mismatched types");
        assert_eq!(build.errors("good"), "");
        assert_eq!(build.warnings("good").len(), 1);
    }

    #[test]
    fn a_flood_of_errors_is_cut() {
        let messages = Messages { errors: vec!["error: x\n".to_owned(); 9], warnings: Vec::new() };
        let build = Build { messages: BTreeMap::from([("bad".to_owned(), messages)]), ..Build::default() };
        assert!(build.errors("bad").ends_with("… and 4 more errors"));
    }
}
