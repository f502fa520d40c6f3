//! How cargo called rustc for a program, taken from what cargo says with `-vv`, so that it can be called so again.

use super::{Messages, Workspace};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A call of rustc.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Call {
    environment: Vec<(String, String)>,
    /// The first is rustc.
    words: Vec<String>,
}

/// What came of it.
pub(super) struct Output {
    pub success: bool,
    pub messages: Messages,
}

impl Call {
    /// The call for `program`: in a line ``Running `NAME=value … rustc …` `` of what cargo has said. None when cargo had
    /// nothing to do for it, and where it writes its calls for another kind of shell.
    pub(super) fn find(said: &str, program: &str) -> Option<Call> {
        let lines = said.lines().filter_map(|line| line.trim_start().strip_prefix("Running `")?.strip_suffix('`'));
        let mark = format!("CARGO_BIN_NAME={program} ");
        // Of a program that was compiled for tests as well, the last would be another one.
        let mut own = lines.filter(|line| line.contains(&mark));
        let (line, None) = (own.next()?, own.next()) else { return None };
        let words = shell_words::split(line).ok()?;
        let is_set = |word: &&String| word.split_once('=').is_some_and(|(name, _)| is_name(name));
        let set = words.iter().take_while(is_set).count();
        let environment = words[..set].iter().filter_map(|word| word.split_once('='));
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let call = Call { environment, words: words[set..].to_vec() };
        let is_rustc = Path::new(call.words.first()?).file_stem().is_some_and(|name| name == "rustc");
        (is_rustc && call.value_of("--out-dir").is_some()).then_some(call)
    }

    /// The program that has been compiled into `folder`.
    pub(super) fn program_in(folder: &Path) -> Option<PathBuf> {
        files(folder).into_iter().find(|path| path.extension().is_none_or(|it| it == "exe"))
    }

    /// Calls rustc again in `workspace`, with its output in the folder `output` and what it remembers of the program in
    /// `incremental`: of what is remembered nothing is of use for another output folder, neither to rustc nor to cargo.
    /// None when it cannot be started or is called off.
    pub(super) fn run(&self, workspace: &Workspace, output: &Path, incremental: &Path) -> Option<Output> {
        let mut words = self.words.iter();
        let mut command = Command::new(words.next()?);
        command.current_dir(&workspace.root).envs(self.environment.iter().map(|(name, value)| (name, value)));
        while let Some(word) = words.next() {
            match word.as_str() {
                "--out-dir" => {
                    words.next();
                    command.arg("--out-dir").arg(output);
                }
                word if word.starts_with("incremental=") => {
                    command.arg(format!("incremental={}", incremental.display()));
                }
                // cargo always asks for colours, and removes them again.
                word if word.starts_with("--json=") && !workspace.colour => {
                    command.arg("--json=artifacts,future-incompat");
                }
                word => {
                    command.arg(word);
                }
            }
        }
        let finished = super::output(command, workspace.cancel.as_ref()).ok()??;
        let said = String::from_utf8_lossy(&finished.stderr);
        Some(Output { success: finished.status.success(), messages: Messages::of_rustc(&said) })
    }

    /// The word after `option`.
    fn value_of(&self, option: &str) -> Option<&str> {
        let place = self.words.iter().position(|word| word == option)?;
        self.words.get(place + 1).map(String::as_str)
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether what was compiled into `folder` was made of nothing but files below `root`: others are not looked at.
pub(super) fn notes_in(folder: &Path, root: &Path) -> bool {
    files(folder).iter().any(|path| path.extension().is_some_and(|it| it == "d") && notes_name_only(path, root))
}

/// Whether the notes at `path` of how something was made name nothing but files below `root`; not if they are missing.
pub(super) fn notes_name_only(path: &Path, root: &Path) -> bool {
    fs::read_to_string(path).is_ok_and(|notes| names_only(&notes, root))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// Whether the notes of rustc, lines `target: file file …`, name nothing but files of the workspace. A name with a space
/// falls apart into names that are not there; then cargo is asked, which knows better.
fn names_only(notes: &str, root: &Path) -> bool {
    let named = notes.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(": "));
    let mut named = named.flat_map(|(_, files)| files.split_whitespace());
    named.all(|file| {
        let path = root.join(file);
        path.starts_with(root) && !path.components().any(|part| part.as_os_str() == "..") && path.exists()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "       Fresh serde v1.0.0\n   Compiling day03 v0.1.0 (/course/exercises/day03)\n     \
        Running `CARGO=/t/bin/cargo CARGO_BIN_NAME=day03 CARGO_PKG_AUTHORS='A B' /t/bin/rustc --crate-name day03 \
        exercises/day03/src/main.rs '--warn=clippy::dbg_macro' --json=diagnostic-rendered-ansi,artifacts \
        --check-cfg 'cfg(docsrs,test)' -C extra-filename=-12 --out-dir /course/target/debug/deps`\n";

    #[test]
    fn a_call_is_found_with_its_environment() {
        let call = Call::find(SAID, "day03").unwrap();
        assert_eq!(call.environment[2], ("CARGO_PKG_AUTHORS".to_owned(), "A B".to_owned()));
        assert_eq!(call.words[..3], ["/t/bin/rustc", "--crate-name", "day03"]);
        assert_eq!(call.words[4], "--warn=clippy::dbg_macro");
        assert_eq!(call.value_of("--out-dir"), Some("/course/target/debug/deps"));
        assert_eq!(Call::find(SAID, "day0"), None);
        assert_eq!(Call::find(&SAID.replace("/t/bin/rustc", "/t/wrapper /t/bin/rustc"), "day03"), None);
        assert_eq!(Call::find(&SAID.repeat(2), "day03"), None, "it is not clear which one is meant");
    }

    #[test]
    fn what_lies_outside_of_the_course_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("main.rs"), "").unwrap();
        let inside = format!("a.d: main.rs {}/main.rs\n\nmain.rs:\n# env-dep:HOME=/h\n", folder.path().display());
        assert!(names_only(&inside, folder.path()));
        for outside in ["a: /etc/passwd\n", "a: main.rs ../main.rs\n", "a: with\\ space.rs\n"] {
            assert!(!names_only(outside, folder.path()), "{outside}");
        }
    }
}
