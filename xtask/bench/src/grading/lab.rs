//! Copies of the course to work in. Nobody's own files are touched.
//!
//! The plain way has one, in which the reference solutions are edited, and the grader has one, in which every exercise is
//! solved. So neither side has to compile what was edited for the other.
//!
//! | target folder | what is built there |
//! | --- | --- |
//! | `plain/defaults` | the plain way with cargo's defaults |
//! | `plain/best` | the plain way with the best settings for it |
//! | `ours/learner` | `cargo xtask grade`, and nothing else |
//! | `ours/submissions` | `cargo xtask grade --submission` and `cargo xtask cohort` |

use super::step;
use crate::setting::Setting;
use grader::{
    catalog::Catalog,
    compile::{Targets, Workspace, build, cargo, has_target},
    exercise::Exercise,
    submission::Editable,
};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

/// How cargo builds where nobody has set anything.
const DEFAULTS: [(&str, &str); 2] = [("CARGO_PROFILE_DEV_DEBUG", "2"), ("CARGO_PROFILE_DEV_INCREMENTAL", "true")];
/// How it builds fastest what is not built again.
const BEST: [(&str, &str); 2] = [("CARGO_PROFILE_DEV_DEBUG", "0"), ("CARGO_PROFILE_DEV_INCREMENTAL", "false")];

/// What an edit begins with, which adds a statement to `main`.
const EDIT: &str = "    let _ = std::hint::black_box(\"edit ";

/// Where to measure.
#[derive(Debug)]
pub struct Lab {
    /// The course in the copy that is graded.
    pub catalog: Catalog,
    /// The commit that is measured.
    pub commit: String,
    /// Everything that is measured in.
    pub folder: PathBuf,
    /// A submission with all days solved.
    pub handed_in: PathBuf,
    pub defaults: Workspace,
    pub best: Workspace,
    pub learner: Workspace,
    pub submissions: Workspace,
}

impl Lab {
    /// Copies the last commit, unless that was done before.
    pub fn new(setting: &Setting) -> Result<Lab, String> {
        let (root, folder) = (setting.catalog.root(), &setting.folder);
        let commit = git(root, &["rev-parse", "HEAD"])?;
        if !git(root, &["status", "--porcelain", "--untracked-files=no"])?.is_empty() {
            eprintln!("what is measured is the last commit, without what was changed since");
        }
        let (plain, ours) = (folder.join("plain/course"), folder.join("ours/course"));
        for copy in [&plain, &ours] {
            check_out(root, copy, &commit)?;
        }
        let catalog = Catalog::read(&ours).map_err(|error| error.to_string())?;
        let handed_in = folder.join("ours/handed-in");
        hand_in(&catalog, &handed_in)?;
        hand_in(&catalog, &ours)?;
        let workspace = |root: &Path, target: &str, settings: &[(&str, &str)]| Workspace {
            target_dir: Some(folder.join(target)),
            environment: settings.iter().map(|(name, value)| (name.into(), value.into())).collect(),
            ..Workspace::at(root)
        };
        Ok(Lab {
            defaults: workspace(&plain, "plain/defaults", &DEFAULTS),
            best: workspace(&plain, "plain/best", &BEST),
            learner: workspace(&ours, "ours/learner", &[]),
            submissions: workspace(&ours, "ours/submissions", &[]),
            folder: folder.clone(),
            catalog,
            commit,
            handed_in,
        })
    }

    /// Compiles what `days` need for the plain way, which is built in `workspace`.
    pub fn warm_plain(&self, workspace: &Workspace, days: &[&Exercise]) -> Result<(), String> {
        self.seed(workspace)?;
        let mut command = cargo_in(workspace);
        command.args(["test", "--no-run", "--quiet", "--locked", "--workspace"]);
        command.args(days.iter().flat_map(|day| self.plain_targets(day)));
        step::run(&mut command).map(drop)
    }

    /// The command of the plain way for one day. It names targets and not the package, as the grader does: with `-p` each
    /// day would have its dependencies compiled with other features, and the first round would last half an hour.
    pub fn plain_test(&self, workspace: &Workspace, day: &Exercise) -> Command {
        let mut command = cargo_in(workspace);
        command.args(["test", "--quiet", "--locked", "--workspace"]).args(self.plain_targets(day));
        command
    }

    fn plain_targets(&self, day: &Exercise) -> Vec<String> {
        let program = ["--bin".to_owned(), grader::catalog::solution_package(&day.id)];
        let tests = self.tests(day).into_iter().flat_map(|test| ["--test".to_owned(), test]);
        program.into_iter().chain(tests).collect()
    }

    /// The test executables of a day: those that the grader runs.
    pub fn tests(&self, day: &Exercise) -> Vec<String> {
        let folder = self.test_folder(day);
        let names = ["checkpoints", "tools"].map(|name| format!("{}-{name}", day.id));
        names.into_iter().filter(|name| has_target(&folder, name)).collect()
    }

    /// The package of a day's tests in the copy that is graded.
    pub fn test_folder(&self, day: &Exercise) -> PathBuf {
        self.catalog.root().join("solutions").join(&day.id)
    }

    /// Compiles programs and tests of `days` in the graded copy, as the grader does.
    pub fn warm_learner(&self, days: &[&Exercise]) -> Result<grader::compile::Build, String> {
        let programs = days.iter().map(|day| day.id.clone()).collect();
        let tests = days.iter().flat_map(|day| self.tests(day)).collect();
        build(&self.learner, &Targets { programs, tests }).map_err(|error| error.to_string())
    }

    /// The same build by cargo alone.
    pub fn cargo_build(&self, days: &[&Exercise]) -> Command {
        let mut command = cargo_in(&self.learner);
        command.args(["build", "--quiet", "--workspace"]);
        command.args(days.iter().flat_map(|day| ["--bin", &day.id]));
        command.args(days.iter().flat_map(|day| self.tests(day)).flat_map(|test| ["--test".to_owned(), test]));
        command
    }

    /// `cargo xtask …` in the graded copy.
    pub fn xtask(&self, workspace: &Workspace, arguments: &[&str], days: &[&Exercise]) -> Command {
        let mut command = cargo_in(workspace);
        command.arg("xtask").args(arguments).args(days.iter().map(|day| day.id.as_str()));
        command
    }

    /// Gives a folder that is not there yet the dependencies that were compiled with the same settings in another one.
    pub fn seed(&self, workspace: &Workspace) -> Result<(), String> {
        let (Some(from), Some(to)) = (&self.learner.target_dir, &workspace.target_dir) else { return Ok(()) };
        if to.exists() || *to == self.folder.join("plain/defaults") {
            return Ok(());
        }
        if !from.exists() {
            let all: Vec<_> = self.catalog.exercises().iter().collect();
            self.warm_learner(&all)?;
        }
        copy_with_times(from, to)
            .map_err(|error| format!("cannot copy {} to {}: {error}", from.display(), to.display()))
    }

    /// Changes the program of a day in the copy of the plain way.
    pub fn edit_plain(&self, day: &Exercise) -> Result<(), String> {
        edit(&self.defaults.root.join("solutions").join(&day.id))
    }

    /// Changes the program of a day in the graded copy.
    pub fn edit_own(&self, day: &Exercise) -> Result<(), String> {
        edit(&self.catalog.root().join("exercises").join(&day.id))
    }

    /// Changes the program of a day in a submission.
    pub fn edit_handed_in(&self, submission: &Path, day: &Exercise) -> Result<(), String> {
        edit(&submission.join("exercises").join(&day.id))
    }
}

/// Puts the solutions' files where a learner's would be: those that a learner may edit.
pub fn hand_in(catalog: &Catalog, submission: &Path) -> Result<(), String> {
    for exercise in catalog.exercises() {
        let editable = Editable::of(exercise)?;
        let from = catalog.root().join("solutions").join(&exercise.id);
        let to = submission.join("exercises").join(&exercise.id);
        for entry in walkdir::WalkDir::new(&from) {
            let entry = entry.map_err(|error| error.to_string())?;
            let Ok(path) = entry.path().strip_prefix(&from) else { continue };
            if entry.file_type().is_file() && editable.globs.is_match(path) {
                let target = to.join(path);
                put(entry.path(), &target).map_err(|error| format!("cannot write {}: {error}", target.display()))?;
            }
        }
    }
    Ok(())
}

/// Copies a file, unless it is there already, edited or not: cargo would compile what has a new time.
fn put(from: &Path, to: &Path) -> io::Result<()> {
    let new = fs::read(from)?;
    if fs::read(to).is_ok_and(|old| old == new || unedited(&String::from_utf8_lossy(&old)).as_bytes() == new) {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(to, new)
}

/// Changes the program of the package at `folder`.
fn edit(folder: &Path) -> Result<(), String> {
    write_edit(&folder.join("src/main.rs"))
}

/// Adds a statement to a program's `main`, or changes the one of last time.
pub fn write_edit(path: &Path) -> Result<(), String> {
    let text = fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    // No two edits are the same, also not of two runs.
    let unique = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let edited = edited(&text, unique).ok_or_else(|| format!("{} has no line `fn main() … {{`", path.display()))?;
    fs::write(path, edited).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// The text with an edit; none when there is no `main` to edit.
pub fn edited(text: &str, unique: u128) -> Option<String> {
    let text = unedited(text);
    let mut lines: Vec<_> = text.lines().collect();
    let is_main = |line: &&str| line.starts_with("fn main(") || line.starts_with("async fn main(");
    let main = lines.iter().position(is_main).filter(|at| lines[*at].ends_with('{'))?;
    let statement = format!("{EDIT}{unique}\");");
    lines.insert(main + 1, &statement);
    Some(lines.join("\n") + "\n")
}

fn unedited(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.starts_with(EDIT)).collect()
}

/// cargo, or what is called with it, in a workspace.
pub fn cargo_in(workspace: &Workspace) -> Command {
    let mut command = cargo();
    command.current_dir(&workspace.root).envs(workspace.environment.iter().map(|(name, value)| (name, value)));
    if let Some(target) = &workspace.target_dir {
        command.env("CARGO_TARGET_DIR", target);
    }
    command
}

/// Whether two commits of the course at `root` differ in nothing that is measured.
pub fn is_same_course(root: &Path, one: &str, other: &str) -> Result<bool, String> {
    let measured = [".", ":!*.md", ":!docs", ":!xtask/bench"];
    let arguments = [["diff", "--name-only", one, other, "--"].as_slice(), &measured].concat();
    Ok(git(root, &arguments)?.is_empty())
}

/// A copy of the course at `root` in the state of `commit`. Files that are as they were keep their times.
pub fn check_out(root: &Path, copy: &Path, commit: &str) -> Result<(), String> {
    let (root, shown) = (root.to_string_lossy(), copy.to_string_lossy());
    if !copy.join(".git").exists() {
        git(Path::new("."), &["clone", "--quiet", "--shared", &root, &shown])?;
    }
    if git(copy, &["rev-parse", "HEAD"])? != commit {
        git(copy, &["fetch", "--quiet", &root, commit])?;
        git(copy, &["reset", "--quiet", "--hard", commit])?;
        git(copy, &["clean", "--quiet", "--force", "-d"])?;
    }
    Ok(())
}

/// What git says.
fn git(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git").current_dir(folder).args(arguments).output();
    let output = output.map_err(|error| format!("git cannot be started: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("git {} in {}: {}", arguments.join(" "), folder.display(), said.trim()))
}

/// With the times of all files, by which cargo knows what is fresh.
fn copy_with_times(from: &Path, to: &Path) -> io::Result<()> {
    let unfinished = to.with_extension("part");
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry?;
        let Ok(path) = entry.path().strip_prefix(from) else { continue };
        let target = unfinished.join(path);
        if entry.file_type().is_dir() {
            fs::create_dir_all(&target)?;
        } else {
            fs::copy(entry.path(), &target)?;
            File::options().append(true).open(&target)?.set_modified(entry.metadata()?.modified()?)?;
        }
    }
    fs::rename(unfinished, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_one_statement_that_replaces_the_one_before() {
        let text = "use std::io;\n\n#[tokio::main]\nasync fn main() -> io::Result<()> {\n    Ok(())\n}\n";
        let first = edited(text, 1).unwrap();
        assert_eq!(first.lines().nth(4), Some("    let _ = std::hint::black_box(\"edit 1\");"));
        let second = edited(&first, 2).unwrap();
        assert_eq!(second, first.replace("edit 1", "edit 2"));
        assert_eq!(unedited(&second), text);
        assert_eq!(edited("fn other() {\n}\n", 1), None);
    }

    #[test]
    fn a_file_that_is_there_keeps_its_time_and_its_edit() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from.rs"), folder.path().join("to.rs"));
        fs::write(&from, "fn main() {\n}\n").unwrap();
        let edited = edited("fn main() {\n}\n", 7).unwrap();
        fs::write(&to, &edited).unwrap();
        put(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(&to).unwrap(), edited);
        fs::write(&from, "fn main() {\n    other();\n}\n").unwrap();
        put(&from, &to).unwrap();
        assert_eq!(fs::read(&to).unwrap(), fs::read(&from).unwrap());
    }

    #[test]
    fn documents_and_the_benchmark_are_not_measured() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let run = |arguments: &[&str]| git(root, arguments).unwrap();
        let commit = |path: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
            run(&["add", "."]);
            run(&["-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--quiet", "--message=x"]);
            run(&["rev-parse", "HEAD"])
        };
        run(&["init", "--quiet"]);
        let first = commit("grader/src/lib.rs");
        commit("docs/speed.json");
        commit("exercises/day01/README.md");
        let measured_alike = commit("xtask/bench/src/main.rs");
        assert!(is_same_course(root, &first, &measured_alike).unwrap());
        let other = commit("exercises/day01/src/main.rs");
        assert!(!is_same_course(root, &first, &other).unwrap());
        assert!(is_same_course(root, &first, "0000000000000000000000000000000000000001").is_err());
    }

    #[test]
    fn a_copy_has_the_times_of_its_model() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("deps")).unwrap();
        fs::write(from.join("deps/a.rlib"), "a").unwrap();
        let long_ago = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        File::options().append(true).open(from.join("deps/a.rlib")).unwrap().set_modified(long_ago).unwrap();
        copy_with_times(&from, &to).unwrap();
        assert_eq!(fs::metadata(to.join("deps/a.rlib")).unwrap().modified().unwrap(), long_ago);
    }
}
