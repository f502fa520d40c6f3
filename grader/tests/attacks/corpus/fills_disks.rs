//! Tries: to write a gigabyte wherever it can
//! Verdict: passed
//! Told: 

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
};

use std::{
    fs::{self, File},
    path::PathBuf,
};

unsafe extern "C" {
    fn signal(number: i32, handler: usize) -> usize;
}

fn main() {
    // SIGXFSZ would end us at the first file that is too large.
    unsafe { signal(25, 1) };
    let scratch = std::env::var("TMPDIR").unwrap();
    let mut written = 0_u64;
    let block = vec![7_u8; 1 << 20];
    for place in ["/", "/tmp", "/var/tmp", "/dev", "/dev/shm", "/run", "/course", "/course/faults", "/proc", &scratch] {
        for number in 0..8 {
            let path = PathBuf::from(place).join(format!("junk-{number}"));
            let Ok(mut file) = File::create(&path) else { break };
            while file.write_all(&block).is_ok() {
                written += block.len() as u64;
                assert!(written < 1500 << 20, "{} MiB are written", written >> 20);
            }
        }
    }
    for number in 0..8 {
        for place in ["/dev/shm", "/tmp", &scratch] {
            let _ = fs::remove_file(PathBuf::from(place).join(format!("junk-{number}")));
        }
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

