//! Tries: to take all memory in forty processes
//! Verdict: failed
//! Told: MiB of memory

use std::process::Command;

fn main() {
    let this = std::env::current_exe().unwrap();
    if std::env::args().nth(1).as_deref() != Some("child") {
        for _ in 0..40 {
            let _ = Command::new(&this).arg("child").spawn();
        }
    }
    let mut hoard = Vec::new();
    for _ in 0..20 {
        hoard.push(vec![1_u8; 16 << 20]);
    }
    loop {
        std::thread::park();
    }
}
