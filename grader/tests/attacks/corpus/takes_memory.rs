//! Tries: to take all memory in one process
//! Verdict: failed
//! Told: MiB of memory

fn main() {
    let mut hoard = Vec::new();
    loop {
        hoard.push(vec![1_u8; 16 << 20]);
    }
}
