//! From an error to one line on stderr and an exit status.

use std::{error::Error, fmt, process::ExitCode};

/// Why the program cannot go on, in one line for the person who started it: what happened, to what, what to do.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// A failure with this line.
    pub fn new(message: impl Into<String>) -> Failure {
        Failure(message.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Any error can end a program; the chain of its causes becomes the line. `Failure` itself is not an `Error`, which is
/// what makes this conversion possible (`anyhow` does the same).
impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Failure {
        let mut line = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            if !line.contains(&text) {
                line = format!("{line}: {text}");
            }
            source = cause.source();
        }
        Failure(line.replace('\n', " "))
    }
}

/// Runs a service to its end: exit status 0, or 1 and one line on stderr.
pub fn run(service: impl Future<Output = Result<(), Failure>>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let result = runtime.map_err(Failure::from).and_then(|runtime| {
        let result = runtime.block_on(service);
        // A task that never yields must not keep the program from ending.
        runtime.shutdown_background();
        result
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}
