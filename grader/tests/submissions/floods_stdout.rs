//! Writes to standard output without end.

use std::io::Write;

fn main() {
    let mut stdout = std::io::stdout().lock();
    let line = "x".repeat(1000) + "\n";
    while stdout.write_all(line.as_bytes()).is_ok() {}
}
