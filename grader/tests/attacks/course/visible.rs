//! The tests of the exercise that is attacked: a service that answers `say WORD` with the word.

use harness::{Launch, Program, Signal, expect, timeout};
use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::Duration,
};

/// Sends a line and reads one.
fn ask(program: &Program, line: &str) -> String {
    let wanted = || expect("every line is answered").request(line);
    let stream = TcpStream::connect(program.address());
    let mut stream = stream.unwrap_or_else(|error| wanted().fail(error));
    let limit = stream.set_read_timeout(Some(timeout(Duration::from_secs(10))));
    limit.unwrap_or_else(|error| wanted().fail(error));
    let mut answer = String::new();
    let sent = writeln!(stream, "{line}").and_then(|()| BufReader::new(&stream).read_line(&mut answer));
    match sent {
        Ok(_) => answer.trim_end().to_owned(),
        Err(error) => wanted().fail(format!("no answer: {:?}", error.kind())),
    }
}

/// Puts something where tests keep what their programs must not see.
fn hide_something() {
    for variable in ["HARNESS_KEPT", "HARNESS_PRIVATE"] {
        if let Some(folder) = std::env::var_os(variable) {
            let file = std::path::Path::new(&folder).join("of-the-test");
            std::fs::write(&file, "secret").unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        }
    }
}

mod say {
    use super::*;

    #[test]
    fn a_word_comes_back_also_after_a_kill() {
        hide_something();
        let mut program = Launch::service().data_dir().start();
        expect("say is answered with the word").eq(ask(&program, "say hello"), "hello");
        program.kill();
        program.start_again();
        expect("say is answered with the word").eq(ask(&program, "say again"), "again");
    }
}

mod manners {
    use super::*;

    #[test]
    fn it_ends_when_it_is_told_and_keeps_regular_files() {
        let mut program = Launch::service().data_dir().start();
        expect("say is answered with the word").eq(ask(&program, "say hello"), "hello");
        let words = program.data_dir().join("words");
        if words.symlink_metadata().is_ok() {
            harness::read_written(&words);
        }
        program.signal(Signal::Terminate);
        let ended = program.wait_for_exit(Duration::from_secs(5)).is_some();
        expect("SIGTERM ends the program").that(ended, "it still runs");
    }
}
