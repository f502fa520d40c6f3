//! The program in a small address space.

use super::Report;
use harness::{expect, timeout};
use std::{
    io::{Read, Write},
    process::{Child, Command, Output, Stdio},
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// Mebibytes of address space that the program gets. It needs about 6 itself.
const LIMIT: u64 = 40;

/// How long the analysis may take before it counts as hung (before stretching).
const PATIENCE: Duration = Duration::from_secs(50);

/// The report on what `blocks` yields, which comes through standard input, made in little memory.
#[track_caller]
pub fn analyze_in_little_memory<'a>(arguments: &[&str], blocks: impl Iterator<Item = &'a [u8]>) -> Report {
    if !cfg!(target_os = "linux") {
        harness::skip("only Linux limits the address space of a process", "a Linux machine or container");
    }
    let request = format!("(ulimit -v {}; analyze {} --format json)", LIMIT * 1024, arguments.join(" "));
    let mut command = limited();
    command.arg("analyze").args(arguments).args(["--format", "json"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("sh cannot be started: {error}"));
    let mut input = child.stdin.take().expect("standard input was asked for");
    let output = std::thread::scope(|scope| {
        let watch = scope.spawn(|| end_of(child));
        for block in blocks {
            // A program that has ended reads no more, and its exit status says why.
            if input.write_all(block).is_err() {
                break;
            }
        }
        drop(input);
        watch.join().ok().flatten()
    });
    match output {
        Some(output) => Report::new(&output, request),
        None => expect("the analysis ends").request(request).fail("it had not ended when the time was up"),
    }
}

/// The program under test, started by a shell that sets the limit for itself and then becomes the program.
fn limited() -> Command {
    let program = harness::std_command();
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -v \"$0\" && exec \"$@\"", &(LIMIT * 1024).to_string()]);
    command.arg(program.get_program()).args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

/// What `child` printed, once it has ended. None, and the end of it, when that takes too long.
fn end_of(mut child: Child) -> Option<Output> {
    // Both pipes are read all the time: a program blocks on a pipe that is full.
    let (stdout, stderr) = (drain(child.stdout.take()), drain(child.stderr.take()));
    let deadline = Instant::now() + timeout(PATIENCE);
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Some(status),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(2)),
            _ => break None,
        }
    };
    let _ = child.kill();
    let _ = child.wait();
    let (stdout, stderr) = (stdout.join().unwrap_or_default(), stderr.join().unwrap_or_default());
    status.map(|status| Output { status, stdout, stderr })
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What cannot be read to its end is judged as far as it came.
        let _ = pipe.map(|mut pipe| pipe.read_to_end(&mut bytes));
        bytes
    })
}
