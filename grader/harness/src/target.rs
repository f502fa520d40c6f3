//! Which program, or which running server, is under test.

use crate::tool::skip_running;
use std::{net::SocketAddr, path::PathBuf};

/// Whether the tests are pointed at a server that runs already (`SUBMISSION_ADDRESS`). It knows nothing of the launch of a
/// test, so what a launch would tell it, such as credentials, comes from the environment then. Tests that kill it or look
/// into its data folder count as skipped.
pub fn is_running_server() -> bool {
    std::env::var_os("SUBMISSION_ADDRESS").is_some()
}

/// What the tests of this process are pointed at.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// A program to start: the executable and the arguments that come before the day's own.
    Program(Vec<String>),
    /// A server that runs already, by listener name. It can be neither stopped nor configured.
    Running(Vec<(String, SocketAddr)>),
}

impl Target {
    /// Reads the environment; panics with what to set where it makes no sense.
    pub(crate) fn from_environment() -> Target {
        if let Ok(addresses) = std::env::var("SUBMISSION_ADDRESS") {
            return Target::Running(parse_addresses(&addresses).unwrap_or_else(|part| {
                panic!("SUBMISSION_ADDRESS: {part:?} is neither ADDRESS:PORT nor NAME=ADDRESS:PORT")
            }));
        }
        match std::env::var("SUBMISSION_PROGRAM") {
            Ok(command) => Target::Program(split_command(&command)),
            Err(_) => Target::Program(vec![own_program().to_string_lossy().into_owned()]),
        }
    }

    /// The command line to start. A test that needs it cannot run against a server that runs already, and is skipped.
    pub(crate) fn command(self) -> Vec<String> {
        match self {
            Target::Program(command) => command,
            Target::Running(_) => skip_running("is not started by a test"),
        }
    }
}

fn parse_addresses(text: &str) -> Result<Vec<(String, SocketAddr)>, String> {
    let parse = |part: &str| {
        let (name, address) = part.split_once('=').unwrap_or(("", part));
        Some((name.to_owned(), address.parse().ok()?))
    };
    text.split(',').map(|part| parse(part).ok_or_else(|| part.to_owned())).collect()
}

/// A path that exists is taken whole, so that it may hold spaces; anything else is split as a shell would.
fn split_command(text: &str) -> Vec<String> {
    if std::path::Path::new(text).is_file() {
        return vec![text.to_owned()];
    }
    match shell_words::split(text) {
        Ok(words) if !words.is_empty() => words,
        _ => panic!("SUBMISSION_PROGRAM: {text:?} is neither a file nor a command line"),
    }
}

/// The program of the package that this test belongs to: cargo puts it one folder above its test executables.
fn own_program() -> PathBuf {
    let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    let name = format!("{package}{}", std::env::consts::EXE_SUFFIX);
    let test = std::env::current_exe().unwrap_or_default();
    let program = test.ancestors().nth(2).map(|folder| folder.join(&name)).filter(|file| file.is_file());
    program.unwrap_or_else(|| {
        panic!("no program to test: set SUBMISSION_PROGRAM to its path, or run this test through cargo")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_may_be_named() {
        let named = parse_addresses("http=127.0.0.1:80,admin=[::1]:81").unwrap();
        assert_eq!(named[1], ("admin".to_owned(), "[::1]:81".parse().unwrap()));
        assert_eq!(parse_addresses("127.0.0.1:6379").unwrap()[0].0, "");
        assert_eq!(parse_addresses("localhost"), Err("localhost".to_owned()));
    }

    #[test]
    fn a_command_is_split_but_an_existing_path_is_not() {
        assert_eq!(split_command("python3 'my notes.py' --fast"), ["python3", "my notes.py", "--fast"]);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a program");
        std::fs::write(&file, "").unwrap();
        assert_eq!(split_command(&file.to_string_lossy()), [file.to_string_lossy()]);
    }
}
