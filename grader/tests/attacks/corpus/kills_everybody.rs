//! Tries: to kill the test, the supervisor, and everybody, and to look into them
//! Verdict: passed
//! Told: 

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
};

unsafe extern "C" {
    fn kill(process: i32, signal: i32) -> i32;
    fn getppid() -> i32;
    fn ptrace(request: i64, process: i32, address: usize, data: usize) -> i64;
}

fn main() {
    unsafe {
        let parent = getppid();
        // PTRACE_ATTACH
        assert!(ptrace(16, parent, 0, 0) < 0, "ptrace of the parent");
        kill(parent, 9);
        kill(1, 9);
        for process in 2..2000 {
            if process != std::process::id() as i32 {
                kill(process, 9);
            }
        }
        // All that may be signalled, but for the caller.
        kill(-1, 9);
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

