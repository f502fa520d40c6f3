//! Tries: to make the test read a file of the machine, by a link in its data folder
//! Verdict: failed
//! Told: is a symbolic link

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
};

fn main() {
    let folder = std::env::args().skip_while(|it| it != "--data-dir").nth(1).unwrap();
    let _ = std::os::unix::fs::symlink("/etc/passwd", format!("{folder}/words"));
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

