//! Tries: to make the test wait for ever, by a pipe in its data folder
//! Verdict: failed
//! Told: is no regular file

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
};

use std::ffi::CString;

unsafe extern "C" {
    fn mkfifo(path: *const std::ffi::c_char, mode: u32) -> i32;
}

fn main() {
    let folder = std::env::args().skip_while(|it| it != "--data-dir").nth(1).unwrap();
    let path = CString::new(format!("{folder}/words")).unwrap();
    unsafe { mkfifo(path.as_ptr(), 0o666) };
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

