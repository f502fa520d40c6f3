//! Does not compile.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
};

fn answer(line: &str) -> String {
    match line.split_once(' ') {
        Some(("say", word)) => word.to_owned(),
        Some(("shout", word)) => word.to_capitals(),
        Some(("whisper", word)) => format!("({word})"),
        _ => "error".to_owned(),
    }
}

fn main() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("LISTENING echo {}\nREADY", listener.local_addr().unwrap());
    for mut stream in listener.incoming().map_while(Result::ok) {
        let mut line = String::new();
        if BufReader::new(&stream).read_line(&mut line).is_ok() {
            let _ = writeln!(stream, "{}", answer(line.trim_end()));
        }
    }
}
