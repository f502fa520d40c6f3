//! A run that the test follows line by line.
//!
//! Whoever does not read its lines holds it: a narrow pipe takes some dozen of them, then the program waits in the middle of
//! its work. So no test has to hit a moment by luck, and a kill may take its time.

use super::Said;
use harness::{expect, timeout};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStdout, Command, Output},
    sync::mpsc,
    thread,
    time::Duration,
};

/// How long one line may take (before stretching).
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub struct Running {
    child: Child,
    /// None while a line is being waited for.
    stdout: Option<BufReader<ChildStdout>>,
    arguments: Vec<String>,
}

impl Running {
    #[track_caller]
    pub fn start(mut command: Command, arguments: &[&str]) -> Running {
        let mut child = command.spawn().unwrap_or_else(|error| panic!("the program cannot be started: {error}"));
        // A small buffer: what is in it does not hold the program.
        let stdout = child.stdout.take().inspect(harness::narrow).map(|pipe| BufReader::with_capacity(64, pipe));
        Running { child, stdout, arguments: arguments.iter().map(|&word| word.to_owned()).collect() }
    }

    /// The next line; none when the program has closed its standard output.
    #[track_caller]
    pub fn next_event(&mut self) -> Option<Value> {
        let mut stdout = self.stdout.take().expect("only one line is waited for at a time");
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            let read = stdout.read_line(&mut line);
            // When the test has given up, nobody listens.
            let _ = sender.send((stdout, read.is_ok_and(|bytes| bytes > 0).then_some(line)));
        });
        match receiver.recv_timeout(timeout(PATIENCE)) {
            Ok((stdout, line)) => {
                self.stdout = Some(stdout);
                let parse = |line: String| match serde_json::from_str(&line) {
                    Ok(event) => event,
                    Err(error) => expect("each line of standard output is JSON").fail(format!("{error}: {line}")),
                };
                line.map(parse)
            }
            Err(_) => expect("a run tells every commit").fail(format!("nothing for {} s", PATIENCE.as_secs())),
        }
    }

    /// Waits until so many batches are committed.
    #[track_caller]
    pub fn commits(&mut self, count: usize) -> Vec<Value> {
        let mut events = Vec::new();
        while events.len() < count {
            match self.next_event() {
                Some(event) if event["event"] == "committed" => events.push(event),
                other => expect("a run tells every commit")
                    .expected(format!("{count} lines with \"committed\""))
                    .fail(format!("after {} of them: {other:?}", events.len())),
            }
        }
        events
    }

    /// SIGKILL. Returns what was told until then and not read yet.
    #[track_caller]
    pub fn kill(mut self) -> Vec<Value> {
        let _ = harness::kill(&mut self.child);
        // The pipe ends when nobody is left who could write to it, or to the database.
        let mut events = Vec::new();
        while let Some(event) = self.next_event() {
            events.push(event);
        }
        events
    }

    /// Reads everything to the end.
    #[track_caller]
    pub fn finish(mut self) -> Said {
        let mut stdout = String::new();
        while let Some(event) = self.next_event() {
            stdout += &format!("{event}\n");
        }
        let mut stderr = Vec::new();
        let pipe = self.child.stderr.take();
        let _ = pipe.map(|mut pipe| pipe.read_to_end(&mut stderr));
        let status = self.child.wait().expect("a program that was started can be waited for");
        let arguments: Vec<_> = self.arguments.iter().map(String::as_str).collect();
        Said::new(&arguments, &Output { status, stdout: stdout.into_bytes(), stderr })
    }

    /// The most memory that it took while it ran, in bytes, and how it ended. None where the system does not tell.
    #[track_caller]
    pub fn finish_measured(mut self) -> (Option<u64>, Said) {
        let mut peak = None;
        let mut stdout = String::new();
        loop {
            // Its memory is looked at while it has something to tell: afterwards it is not there any more.
            peak = harness::peak_memory_of(self.child.id()).map(|memory| memory.resident).max(peak);
            match self.next_event() {
                Some(event) => stdout += &format!("{event}\n"),
                None => break,
            }
        }
        self.stdout = Some(self.stdout.take().expect("the last line has come"));
        let mut said = self.finish();
        said.stdout = stdout;
        (peak, said)
    }
}
