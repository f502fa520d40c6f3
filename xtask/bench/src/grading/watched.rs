//! `cargo xtask watch` as somebody sits before it: how long a saved file waits for its verdict.

use super::{lab::Lab, step::Cost};
use grader::exercise::Exercise;
use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Stdio},
    time::{Duration, Instant},
};

/// How the last line of a verdict begins.
const WAITS: &str = "Waiting for a file of ";
/// What stands above it when all is well.
const PASSES: &str = "1 of 1 day passes";

/// A watch that has given its first verdict. It ends when it is dropped.
struct Watch {
    process: Child,
    output: BufReader<ChildStdout>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It may have ended by itself, which has been told.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Watch {
    fn start(lab: &Lab, day: &Exercise) -> Result<Watch, String> {
        let mut command = lab.xtask(&lab.learner, &["watch", "--plain"], &[day]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let started = command.spawn().map_err(|error| format!("`cargo xtask watch` cannot be started: {error}"));
        let mut process = started?;
        let output = process.stdout.take().ok_or("`cargo xtask watch` has no output")?;
        let mut watch = Watch { process, output: BufReader::new(output) };
        watch.verdict()?;
        Ok(watch)
    }

    /// Waits until the day passes.
    fn verdict(&mut self) -> Result<(), String> {
        let mut said = String::new();
        while !said.lines().last().is_some_and(|line| line.starts_with(WAITS)) {
            let read = self.output.read_line(&mut said);
            if read.map_err(|error| format!("`cargo xtask watch` cannot be read: {error}"))? == 0 {
                return Err(format!("`cargo xtask watch` has ended:\n{said}"));
            }
        }
        if said.contains(PASSES) { Ok(()) } else { Err(format!("a solved day does not pass:\n{said}")) }
    }
}

/// From a saved edit to its verdict. What it computes is not known before the watch ends.
pub fn saved(lab: &Lab, day: &Exercise) -> Result<Cost, String> {
    let mut watch = Watch::start(lab, day)?;
    let begin = Instant::now();
    lab.edit_own(day)?;
    watch.verdict()?;
    Ok(Cost { wall: begin.elapsed(), cpu: Duration::ZERO })
}
