//! Tries: to leave children in sessions of their own that ignore every signal
//! Verdict: passed
//! Told: 

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
};

use std::process::{Command, Stdio};

unsafe extern "C" {
    fn signal(number: i32, handler: usize) -> usize;
    fn setsid() -> i32;
}

fn main() {
    if std::env::args().nth(1).as_deref() == Some("orphan") {
        unsafe {
            setsid();
            for number in 1..32 {
                signal(number, 1);
            }
        }
        loop {
            std::thread::park();
        }
    }
    let this = std::env::current_exe().unwrap();
    for _ in 0..5 {
        let mut orphan = Command::new(&this);
        orphan.arg("orphan").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
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

