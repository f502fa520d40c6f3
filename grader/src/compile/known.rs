//! What cargo has built is remembered, so that it need not be asked again while nothing has changed, and an edited program
//! is compiled by rustc as cargo has called it before.
//!
//! cargo looks at every package of the workspace before it knows that there is nothing to do: half a second that a learner
//! waits after each save, and a submission twice. Whatever is not plainly the same as before goes to cargo, and what cargo
//! has built is never touched: a program that was compiled here lies in a folder of its own, named by its sources.

use super::{
    Build, Messages, Targets, Workspace,
    call::{self, Call},
    remembered,
    surroundings::{self, stamp},
};
use crate::{receipt::hash, store};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
};

/// What rustc remembers of a program, in its folder.
const INCREMENTAL: &str = "incremental";

/// How many programs are compiled without cargo, which compiles several at once.
const MOST: usize = 1;

/// What is to be built, at the moment before it is built.
#[derive(Debug)]
pub(super) struct Moment<'a> {
    workspace: &'a Workspace,
    /// Of all programs that were asked for.
    programs: Vec<String>,
    tests: Vec<String>,
    now: State,
    folder: PathBuf,
}

/// What a build depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    surroundings: String,
    /// By program.
    sources: BTreeMap<String, String>,
}

/// What came out of a build.
#[derive(Debug, Serialize, Deserialize)]
struct Memory {
    state: State,
    build: Build,
    /// Size and times of all executables, by target.
    stamps: BTreeMap<String, String>,
    /// How rustc was called, by program.
    calls: BTreeMap<String, Call>,
}

impl<'a> Moment<'a> {
    /// Looks at everything that a build depends on. None when that cannot be read, which cargo will say better.
    pub(super) fn now(workspace: &'a Workspace, targets: &Targets) -> Option<Moment<'a>> {
        let Targets { programs, tests } = targets.clone();
        let surroundings = surroundings::surroundings(workspace, &programs).ok()?;
        let sources = sources(workspace, &programs)?;
        let folder = surroundings::target_folder(workspace).join("known");
        let now = State { surroundings, sources };
        Some(Moment { workspace, programs, tests, now, folder })
    }

    /// The build, if it can be had without cargo.
    pub(super) fn again(&self) -> Option<Build> {
        let mut memory: Memory = serde_json::from_slice(&fs::read(self.path()).ok()?).ok()?;
        if memory.state.surroundings != self.now.surroundings {
            return None;
        }
        let is_changed = |program: &&String| memory.state.sources.get(*program) != self.now.sources.get(*program);
        let changed: Vec<_> = self.programs.iter().filter(is_changed).collect();
        let is_there = |target: &String| {
            let executable = memory.build.executables.get(target)?;
            Some(stamp_of(executable)? == *memory.stamps.get(target)?)
        };
        let mut others = self.programs.iter().chain(&self.tests).filter(|target| !changed.contains(target));
        if !others.all(|target| is_there(target) == Some(true)) || changed.len() > MOST {
            return None;
        }
        for program in changed {
            let call = memory.calls.get(program)?;
            let sources = self.now.sources.get(program)?;
            let folder = self.folder.join(program);
            let compiled = compile(call, self.workspace, &folder, sources)?;
            memory.build.messages.remove(program);
            memory.build.messages.extend([(program.clone(), compiled.messages)]);
            let Some(executable) = compiled.executable else {
                // What does not compile is no state to come back to.
                memory.build.executables.remove(program);
                return Some(memory.build);
            };
            memory.stamps.insert(program.clone(), stamp_of(&executable)?);
            memory.build.executables.insert(program.clone(), executable);
            memory.state.sources.insert(program.clone(), sources.clone());
            self.write(&memory);
        }
        Some(memory.build)
    }

    /// Keeps what cargo has built from this moment, if all of it could be built. `said` is what cargo said of its calls.
    pub(super) fn remember(&self, build: &Build, said: &str) {
        let targets = self.programs.iter().chain(&self.tests);
        let stamps = targets.map(|target| Some((target.clone(), stamp_of(build.executables.get(target)?)?)));
        let Some(stamps) = stamps.collect::<Option<_>>() else { return };
        // Beside a program cargo notes what it was made of. What lies outside is not looked at, so it is not known.
        let is_inside = |program: &String| {
            let notes = build.executables.get(program).map(|executable| executable.with_extension("d"));
            notes.is_some_and(|notes| call::notes_name_only(&notes, &self.workspace.root))
        };
        if !self.now.sources.keys().all(is_inside) {
            let _ = fs::remove_file(self.path());
            return;
        }
        let before: Option<Memory> = fs::read(self.path()).ok().and_then(|text| serde_json::from_slice(&text).ok());
        // Of a program that cargo did not compile this time, the call of the last time holds if nothing around it changed.
        let before = before.filter(|memory| memory.state.surroundings == self.now.surroundings);
        let mut calls = before.map(|memory| memory.calls).unwrap_or_default();
        for program in &self.programs {
            // Under the eyes of a stand-in, cargo has not called rustc itself.
            let call = Call::find(said, program).filter(|_| self.workspace.environment.is_empty());
            let has_script = self.workspace.root.join("exercises").join(program).join("build.rs").exists();
            match call.filter(|_| !has_script) {
                Some(call) => drop(calls.insert(program.clone(), call)),
                // It was compiled in a way that cannot be repeated.
                None if said.contains(&format!("CARGO_BIN_NAME={program} ")) => drop(calls.remove(program)),
                None => {}
            }
        }
        self.write(&Memory { state: self.now.clone(), build: build.clone(), stamps, calls });
    }

    /// A memory that cannot be written costs time and nothing else. What was saved while the compiler was at work may or may
    /// not be in the program, so then there is nothing to keep.
    fn write(&self, memory: &Memory) {
        if sources(self.workspace, &self.programs).as_ref() != Some(&self.now.sources) {
            return;
        }
        let written = serde_json::to_vec(memory).map(|text| {
            fs::create_dir_all(&self.folder)
                .and_then(|()| store::write(&self.path(), &text).map_err(std::io::Error::other))
        });
        drop(written);
    }

    /// One file for each set of targets.
    fn path(&self) -> PathBuf {
        let targets = format!("{:?}{:?}{:?}", self.programs, self.tests, self.workspace.environment);
        self.folder.join(format!("{}.json", &hash(targets.as_bytes())[..16]))
    }
}

/// A hash of the sources of each of `programs` that is an exercise. The sources of others surround them.
fn sources(workspace: &Workspace, programs: &[String]) -> Option<BTreeMap<String, String>> {
    let is_exercise = |program: &&String| surroundings::source_folder(&workspace.root, program).is_dir();
    let of = |program: &String| Some((program.clone(), surroundings::sources(&workspace.root, program).ok()?));
    programs.iter().filter(is_exercise).map(of).collect()
}

/// What rustc made of a program.
struct Compiled {
    /// None when it has errors.
    executable: Option<PathBuf>,
    messages: Messages,
}

/// Compiles a program as cargo did. None when there is anything odd, for cargo to find out.
fn compile(call: &Call, workspace: &Workspace, folder: &Path, sources: &str) -> Option<Compiled> {
    let output = folder.join("output");
    fs::create_dir_all(&output).ok()?;
    // Somebody else may grade the same day at this moment.
    let turn = File::create(folder.join("lock")).ok()?;
    turn.lock().ok()?;
    let call::Output { success, messages } = call.run(workspace, &output, &folder.join(INCREMENTAL))?;
    if !success {
        return (!messages.errors.is_empty()).then_some(Compiled { executable: None, messages });
    }
    if !call::notes_in(&output, &workspace.root) {
        return None;
    }
    let name = format!("{}{}", &sources[..16], std::env::consts::EXE_SUFFIX);
    let executable = folder.join(&name);
    fs::rename(Call::program_in(&output)?, &executable).ok()?;
    // Whoever runs an older one keeps it until it ends.
    for older in fs::read_dir(folder).ok()?.flatten().filter(|entry| entry.file_name() != name.as_str()) {
        if older.file_type().is_ok_and(|kind| kind.is_file()) && older.file_name() != "lock" {
            let _ = fs::remove_file(older.path());
        }
    }
    forget_most(folder.parent()?);
    Some(Compiled { executable: Some(executable), messages })
}

/// Removes what rustc remembers of all programs but a few, those that were compiled last. What cannot be removed stays: it
/// only takes space.
fn forget_most(known: &Path) {
    let folders = fs::read_dir(known).into_iter().flatten().flatten().map(|entry| entry.path().join(INCREMENTAL));
    let changed = |folder: &PathBuf| fs::metadata(folder).and_then(|metadata| metadata.modified()).ok();
    let mut folders: Vec<_> = folders.filter_map(|folder| Some((changed(&folder)?, folder))).collect();
    folders.sort();
    for (_, folder) in folders.iter().rev().skip(remembered::KEPT) {
        let _ = fs::remove_dir_all(folder);
    }
}

/// Linking a file elsewhere, as cargo does, changes no size and no time of its content.
fn stamp_of(executable: &Path) -> Option<String> {
    let metadata = fs::metadata(executable).ok()?;
    let stamp = stamp(&metadata);
    Some(stamp.split(' ').take(2).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::{super::build, *};
    use std::process::Command;

    const PROGRAM: &str = "day01-a";

    /// A course with one exercise and without dependencies.
    struct Course {
        folder: tempfile::TempDir,
        workspace: Workspace,
    }

    impl Course {
        fn new() -> Course {
            let folder = tempfile::tempdir().unwrap();
            // A folder for temporary files may be a link.
            let root = folder.path().canonicalize().unwrap();
            let workspace = Workspace { target_dir: Some(root.join("target")), ..Workspace::at(&root) };
            let course = Course { folder, workspace };
            course.write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"exercises/day01-a\"]\n");
            course.write("exercises/day01-a/Cargo.toml", "[package]\nname = \"day01-a\"\nedition = \"2024\"\n");
            // cargo would write it while it builds, and so change what surrounds the program.
            let head = "# This file is automatically @generated by Cargo.\n# It is not intended for manual editing.\n";
            let package = "version = 4\n\n[[package]]\nname = \"day01-a\"\nversion = \"0.0.0\"\n";
            course.write("Cargo.lock", &format!("{head}{package}"));
            course
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn edit(&self, statements: &str) {
            self.write("exercises/day01-a/src/main.rs", &format!("fn main() {{ {statements} }}\n"));
        }

        fn build(&self) -> Build {
            build(&self.workspace, &Targets { programs: vec![PROGRAM.to_owned()], tests: Vec::new() }).unwrap()
        }

        /// What the program says, and whether cargo has built it.
        fn run(&self) -> (String, bool) {
            let build = self.build();
            let executable = &build.executables[PROGRAM];
            let output = Command::new(executable).output().unwrap();
            let is_cargo_s = executable.starts_with(self.workspace.root.join("target/debug"));
            (String::from_utf8(output.stdout).unwrap(), is_cargo_s)
        }
    }

    fn said(text: &str, by_cargo: bool) -> (String, bool) {
        (text.to_owned(), by_cargo)
    }

    #[test]
    fn an_edited_program_is_compiled_without_cargo_and_cargo_s_own_is_left_alone() {
        let course = Course::new();
        course.edit("print!(\"one\");");
        assert_eq!(course.run(), said("one", true));
        assert_eq!(course.run(), said("one", true));
        course.edit("print!(\"two {}\", env!(\"CARGO_PKG_NAME\"));");
        assert_eq!(course.run(), said("two day01-a", false));
        assert_eq!(course.run(), said("two day01-a", false));
        let cargo_s = Command::new(course.workspace.root.join("target/debug/day01-a")).output().unwrap();
        assert_eq!(cargo_s.stdout, b"one");
        course.edit("print!(\"one\");");
        assert_eq!(course.run().0, "one");
    }

    #[test]
    fn whatever_else_changes_goes_to_cargo() {
        let course = Course::new();
        course.edit("print!(\"one\");");
        course.run();
        course.edit("print!(\"two\");");
        course.write("exercises/day01-a/Cargo.toml", "[package]\nname = \"day01-a\"\nedition = \"2021\"\n");
        assert_eq!(course.run(), said("two", true));
        course.edit("print!(\"three\");");
        assert_eq!(course.run(), said("three", false));
        fs::remove_dir_all(course.workspace.root.join("target/known/day01-a")).unwrap();
        assert_eq!(course.run(), said("three", true), "what was compiled is gone");
    }

    #[test]
    fn errors_and_warnings_are_those_of_the_compiler() {
        let course = Course::new();
        course.edit("print!(\"one\");");
        course.run();
        course.edit("let unused = 1; print!(\"two\");");
        for time in ["compiled", "remembered"] {
            let build = course.build();
            assert!(build.warnings(PROGRAM).concat().contains("unused variable: `unused`"), "{time}: {build:?}");
        }
        course.edit("print!(1);");
        for _ in 0..2 {
            let build = course.build();
            assert!(
                build.errors(PROGRAM).starts_with("error: format argument must be a string literal\n"),
                "{build:?}"
            );
            assert!(build.executables.is_empty());
        }
        course.edit("print!(\"three\");");
        assert_eq!(course.run(), said("three", false));
        assert_eq!(course.build().warnings(PROGRAM).len(), 0);
    }

    #[test]
    fn a_program_made_of_files_elsewhere_or_by_a_script_is_cargo_s() {
        let course = Course::new();
        let elsewhere = tempfile::NamedTempFile::new().unwrap();
        course.edit(&format!("print!(include_str!({:?}));", elsewhere.path()));
        assert_eq!(course.run(), said("", true));
        fs::write(elsewhere.path(), "one ").unwrap();
        assert_eq!(course.run(), said("one ", true), "only the file elsewhere has changed");
        course.edit(&format!("print!(concat!(include_str!({:?}), \"two\"));", elsewhere.path()));
        assert_eq!(course.run(), said("one two", true));
        course.edit("print!(\"inside\");");
        course.run();
        course.edit(&format!("print!(include_str!({:?}));", elsewhere.path()));
        assert_eq!(course.run(), said("one ", true));

        let course = Course::new();
        course.write("exercises/day01-a/build.rs", "fn main() { println!(\"cargo::rerun-if-changed=src/text\"); }\n");
        course.edit("print!(\"one\");");
        course.run();
        course.edit("print!(\"two\");");
        assert_eq!(course.run(), said("two", true));
    }
}
