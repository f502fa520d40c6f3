//! Accepts connections, reads what comes, and never answers.

use std::{io::Read, net::TcpListener};

fn main() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("LISTENING echo {}\nREADY", listener.local_addr().unwrap());
    let mut held = Vec::new();
    for mut stream in listener.incoming().map_while(Result::ok) {
        let _ = stream.read(&mut [0; 64]);
        held.push(stream);
    }
}
