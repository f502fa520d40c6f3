//! Tries: to take memory that no limit counts: memfd, System V, huge shared mappings
//! Verdict: passed
//! Told: 

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
};

use std::ffi::c_char;

unsafe extern "C" {
    fn memfd_create(name: *const c_char, flags: u32) -> i32;
    fn shmget(key: i32, size: usize, flags: i32) -> i32;
    fn syscall(number: i64, ...) -> i64;
}

fn main() {
    assert!(unsafe { memfd_create(c"x".as_ptr(), 0) } < 0, "memfd_create");
    assert!(unsafe { shmget(0, 1 << 30, 0o1666) } < 0, "shmget");
    // io_uring_setup, bpf, keyctl, perf_event_open, userfaultfd, unshare, by number on x86-64.
    #[cfg(target_arch = "x86_64")]
    for number in [425, 321, 250, 298, 323, 272] {
        assert!(unsafe { syscall(number, 0x1000_0000_i64, 0_i64, 0_i64, 0_i64, 0_i64) } < 0, "system call {number}");
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

