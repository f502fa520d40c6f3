//! The compiler alone, on the sources of a submission: called as the grader calls it, as many at once as there are cores,
//! and with nothing around it.

use super::{
    lab::Lab,
    step::{self, Cost},
};
use crate::setting::cores;
use grader::exercise::Exercise;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
};

/// How the grader has noted a call of rustc.
#[derive(Debug, Deserialize)]
struct Note {
    arguments: Vec<String>,
    environment: BTreeMap<String, String>,
}

/// What the compiler is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Machine code, not yet linked.
    Objects,
    /// The program.
    Program,
}

/// Compiles the solved `days` of the graded copy.
pub fn run(lab: &Lab, days: &[Exercise], until: Until) -> Result<Cost, String> {
    let output = lab.folder.join("ours/compiled");
    fs::create_dir_all(&output).map_err(|error| format!("cannot create {}: {error}", output.display()))?;
    let rustc = rustc(lab)?;
    let calls = days.iter().map(|day| call(lab, day, &rustc, &output, until)).collect::<Result<Vec<_>, _>>()?;
    let (queue, failed) = (Mutex::new(calls.into_iter()), Mutex::new(Vec::new()));
    let (cost, ()) = step::measured(|| {
        std::thread::scope(|scope| {
            for _ in 0..cores() {
                scope.spawn(|| {
                    loop {
                        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                        let Some(mut command) = next else { break };
                        if let Err(error) = step::run(&mut command) {
                            failed.lock().unwrap_or_else(PoisonError::into_inner).push(error);
                        }
                    }
                });
            }
        });
        Ok(())
    })?;
    match failed.into_inner().unwrap_or_else(PoisonError::into_inner).pop() {
        Some(error) => Err(error),
        None => Ok(cost),
    }
}

fn call(lab: &Lab, day: &Exercise, rustc: &Path, output: &Path, until: Until) -> Result<Command, String> {
    let target = lab.submissions.target_dir.as_deref().unwrap_or(Path::new("target"));
    let path = target.join("submissions/recipes").join(format!("{}.json", day.id));
    let wrong = |error: String| format!("{} does not say how {} is compiled: {error}", path.display(), day.id);
    let text = fs::read(&path).map_err(|error| wrong(error.to_string()))?;
    let Note { arguments, environment } = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
    let mut command = Command::new(rustc);
    command.current_dir(lab.catalog.root()).envs(environment);
    let mut words = arguments.into_iter();
    while let Some(word) = words.next() {
        if word == "--out-dir" {
            words.next();
            command.arg(word).arg(output);
        } else if word.starts_with("--emit=") {
            command.arg(if until == Until::Objects { "--emit=obj" } else { "--emit=link" });
        } else {
            command.arg(word);
        }
    }
    Ok(command)
}

/// The compiler itself, and not the one on the PATH, which may have to find out first which toolchain is meant.
fn rustc(lab: &Lab) -> Result<PathBuf, String> {
    let mut command = Command::new("rustc");
    let output = command.args(["--print", "sysroot"]).current_dir(lab.catalog.root()).output();
    let output = output.map_err(|error| format!("rustc cannot be started: {error}"))?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    Ok(sysroot.join("bin").join(format!("rustc{}", std::env::consts::EXE_SUFFIX)))
}
