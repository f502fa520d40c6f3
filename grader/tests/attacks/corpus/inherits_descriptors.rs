//! Tries: to inherit what the grader has open
//! Verdict: passed
//! Told: 

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
};

use std::fs;

fn main() {
    let open: Vec<_> = fs::read_dir("/proc/self/fd").unwrap().flatten().collect();
    // Standard input, output and error, and the folder that is being read.
    let names: Vec<_> = open.iter().map(|it| (it.file_name(), fs::read_link(it.path()))).collect();
    assert!(names.len() <= 4, "{names:?}");
    for name in ["GRADER_RUN", "SUBMISSION_PROGRAM", "HARNESS_SEED", "SUBMISSION_SUPERVISED"] {
        assert!(std::env::var_os(name).is_none(), "{name} is set");
    }
    serve();
}

fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("LISTENING echo {}\nREADY", listener.local_addr().unwrap());
    for mut stream in listener.incoming().map_while(Result::ok) {
        let mut line = String::new();
        if BufReader::new(&stream).read_line(&mut line).is_ok() {
            let _ = writeln!(stream, "{}", line.trim_end().trim_start_matches("say "));
        }
    }
}

