//! Where and how often to measure, and this executable as the trusted program inside sandboxes.

use grader::{catalog::Catalog, sandbox::Launcher};
use serde::Deserialize;
use std::{fs, path::PathBuf};

/// The first argument that makes this executable the launcher.
const LAUNCH: &str = "launch-contained";

/// Where and how often to measure.
#[derive(Debug)]
pub struct Setting {
    /// The course that is measured.
    pub catalog: Catalog,
    /// Where cargo builds it.
    pub target: PathBuf,
    /// For generated input and for copies of the course. It is kept, so that a second run need not make them again.
    pub folder: PathBuf,
    /// How often each side runs.
    pub rounds: usize,
    /// The days of whole submissions; all when there are none.
    pub days: Vec<String>,
}

impl Setting {
    /// For the course around the current folder.
    pub fn new(rounds: usize, days: Vec<String>) -> Result<Setting, String> {
        let here = std::env::current_dir().map_err(|error| format!("there is no current folder: {error}"))?;
        let catalog = Catalog::find(&here).map_err(|error| error.to_string())?;
        let target = target_folder(&catalog)?;
        let folder = target.join("bench");
        fs::create_dir_all(&folder).map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
        catalog.select(&days).map_err(|error| error.to_string())?;
        Ok(Setting { catalog, target, folder, rounds, days })
    }

    /// Builds the release program of a day's solution and returns its path.
    pub fn release_program(&self, day: &str) -> Result<PathBuf, String> {
        let selected = self.catalog.select(&[day.to_owned()]).map_err(|error| error.to_string())?;
        let package = selected.first().map(|exercise| grader::catalog::solution_package(&exercise.id));
        let package = package.ok_or("the course has no such day")?;
        let mut cargo = grader::compile::cargo();
        cargo.current_dir(self.catalog.root()).args(["build", "--release", "--quiet", "--package", &package]);
        let status = cargo.status().map_err(|error| format!("cargo cannot be started: {error}"))?;
        if !status.success() {
            return Err(format!("{package} cannot be built"));
        }
        Ok(self.target.join("release").join(package))
    }
}

/// As cargo says, which also looks at `CARGO_TARGET_DIR` and its configuration.
fn target_folder(catalog: &Catalog) -> Result<PathBuf, String> {
    #[derive(Deserialize)]
    struct Metadata {
        target_directory: PathBuf,
    }
    let mut cargo = grader::compile::cargo();
    cargo.current_dir(catalog.root()).args(["metadata", "--no-deps", "--format-version", "1"]);
    let output = cargo.output().map_err(|error| format!("cargo cannot be started: {error}"))?;
    let metadata: Metadata = serde_json::from_slice(&output.stdout).map_err(|error| {
        format!("cargo metadata does not say where it builds: {error}\n{}", String::from_utf8_lossy(&output.stderr))
    })?;
    Ok(metadata.target_directory)
}

/// When this executable was started as the launcher, does what a launcher does.
#[cfg(target_os = "linux")]
pub fn launch() -> Option<std::process::ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    (arguments.next()? == LAUNCH).then(|| grader::sandbox::launcher::main(arguments))
}

/// How this executable is started as the launcher.
pub fn launcher() -> Result<Launcher, String> {
    let executable =
        std::env::current_exe().map_err(|error| format!("the path of this program is unknown: {error}"))?;
    Ok(Launcher { executable, arguments: vec![LAUNCH.to_owned()] })
}

/// Tests wait more than they compute: as many at once as `cargo xtask grade` runs.
pub fn jobs() -> usize {
    2 * cores()
}

/// How many compilers run at once.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
