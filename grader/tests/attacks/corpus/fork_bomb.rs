//! Tries: to start processes that start processes
//! Verdict: failed
//! Told: no READY within

use std::process::Command;

fn main() {
    let this = std::env::current_exe().unwrap();
    loop {
        let _ = Command::new(&this).spawn();
    }
}
