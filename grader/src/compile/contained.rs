//! Compiles one day of a submission, in the sandbox, as the course compiles its own stub.

use super::{Kitchen, Messages, Places, Recipe};
use crate::{
    process::{self, Bounds, End, Finished},
    sandbox::{CompilerView, Prepared, Sandbox},
};
use serde::Deserialize;
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

/// What came out of compiling a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compiled {
    /// The program.
    Program(PathBuf),
    /// The learner's fault: what the compiler said.
    Failure(String),
    /// The compiler ended without a reason that lies in the sources. Whether it is the machine's fault can be told by
    /// compiling the course's own stub.
    Unclear(String),
}

/// Compiles the program `recipe` stands for from the tree at `course` into the folder `output`.
///
/// # Errors
/// When the compiler cannot be started.
pub fn compile(
    sandbox: &Sandbox,
    kitchen: &Kitchen,
    recipe: &Recipe,
    course: &Path,
    output: &Path,
) -> io::Result<Compiled> {
    let view = CompilerView { sysroot: &kitchen.sysroot, libraries: &kitchen.libraries, course, output };
    let Prepared { command, memory, rest } = sandbox.compiler(&view, |inside| {
        let CompilerView { sysroot, libraries, course, output } = *inside;
        recipe.command(&Places { sysroot, libraries, course, output })
    })?;
    let seconds = sandbox.limits().compile_seconds;
    let finished = process::run(command, Bounds { time: Duration::from_secs(seconds), memory })?;
    if rest.ran_out_of_memory() || finished.end == End::OutOfMemory {
        return Ok(Compiled::Failure("the compiler took too much memory, and was stopped".to_owned()));
    }
    Ok(judge(&finished, seconds, program_in(output)?))
}

fn judge(finished: &Finished, seconds: u64, program: Option<PathBuf>) -> Compiled {
    match (finished.end, program) {
        (End::TimedOut, _) => {
            Compiled::Failure(format!("the compiler had not come to an end after {seconds} seconds, and was stopped"))
        }
        (End::Exited(status), Some(program)) if status.success() => Compiled::Program(program),
        (end, _) => {
            let diagnostics = diagnostics(&finished.output.stderr);
            let (messages, points_at_source) = errors(&diagnostics);
            if points_at_source {
                return Compiled::Failure(messages);
            }
            let said = if messages.is_empty() { finished.output.stderr.trim() } else { &messages };
            Compiled::Unclear(if said.is_empty() {
                format!("the compiler ended with {end:?}")
            } else {
                said.to_owned()
            })
        }
    }
}

/// A message of rustc's, as far as we care.
#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    rendered: Option<String>,
    #[serde(default)]
    spans: Vec<serde::de::IgnoredAny>,
}

fn diagnostics(stderr: &str) -> Vec<Diagnostic> {
    stderr.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The errors as text, and whether any of them points at a place in the sources.
fn errors(diagnostics: &[Diagnostic]) -> (String, bool) {
    let errors: Vec<_> = diagnostics.iter().filter(|it| it.level.starts_with("error")).collect();
    let points = errors.iter().any(|error| !error.spans.is_empty());
    let rendered = errors.iter().filter_map(|error| error.rendered.clone());
    let rendered = rendered.filter(|text| !text.contains("aborting due to")).collect();
    (Messages { errors: rendered, warnings: Vec::new() }.shown_errors(), points)
}

/// The only file in the folder is the program.
fn program_in(output: &Path) -> io::Result<Option<PathBuf>> {
    let mut files = fs::read_dir(output)?.flatten().map(|entry| entry.path());
    // Whoever wrote into the folder was rustc, and a link or a pipe is nothing that it makes.
    Ok(files.find(|path| fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_in_the_sources_is_told_from_one_of_the_machine() {
        let line = |spans: &str| format!("{{\"level\":\"error\",\"rendered\":\"error: x\\n\",\"spans\":[{spans}]}}\n");
        let noise = "not json\n{\"level\":\"warning\",\"rendered\":\"w\",\"spans\":[{}]}\n";
        assert_eq!(errors(&diagnostics(&(noise.to_owned() + &line("{}")))), ("error: x".to_owned(), true));
        assert_eq!(errors(&diagnostics(&(noise.to_owned() + &line("")))), ("error: x".to_owned(), false));
    }
}
