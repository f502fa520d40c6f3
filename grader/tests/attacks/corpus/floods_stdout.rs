//! Tries: to write two gigabytes on standard output
//! Verdict: failed
//! Told: the address is not IP:PORT

use std::io::Write;

fn main() {
    let line = b"LISTENING echo nowhere, and nothing but this ".repeat(24);
    let mut stdout = std::io::stdout().lock();
    let mut written = 0_u64;
    while written < 2 << 30 {
        if stdout.write_all(&line).is_err() {
            break;
        }
        written += line.len() as u64;
    }
    loop {
        std::thread::park();
    }
}
