//! The tests of the sample exercise: a service that answers `say WORD` with the word, and `shout WORD` in capitals.

use harness::{Launch, Program, expect, timeout};
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
    let limit = stream.set_read_timeout(Some(timeout(Duration::from_secs(5))));
    limit.unwrap_or_else(|error| wanted().fail(error));
    let mut answer = String::new();
    let sent = writeln!(stream, "{line}").and_then(|()| BufReader::new(&stream).read_line(&mut answer));
    match sent {
        Ok(_) => answer.trim_end().to_owned(),
        Err(error) => wanted().fail(format!("no answer: {:?}", error.kind())),
    }
}

mod say {
    use super::*;

    #[test]
    fn a_word_comes_back() {
        let program = Launch::service().start();
        expect("say is answered with the word").request("say hello").eq(ask(&program, "say hello"), "hello");
    }
}

mod shout {
    use super::*;

    #[test]
    fn a_word_comes_back_in_capitals() {
        let program = Launch::service().start();
        expect("shout is answered in capitals").request("shout hello").eq(ask(&program, "shout hello"), "HELLO");
    }
}

mod manners {
    use super::*;

    #[test]
    fn what_is_unknown_is_refused() {
        let program = Launch::service().start();
        expect("an unknown command is an error").request("sing").eq(ask(&program, "sing"), "error");
    }

    #[test]
    fn it_serves_again_after_a_kill() {
        let mut program = Launch::service().start();
        program.kill();
        program.start_again();
        expect("it serves again").eq(ask(&program, "say again"), "again");
    }
}

mod whisper {
    use super::*;

    #[test]
    fn a_word_comes_back_in_brackets() {
        let program = Launch::service().start();
        expect("whisper is answered in brackets").request("whisper x").eq(ask(&program, "whisper x"), "(x)");
    }
}
