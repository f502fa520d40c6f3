//! Tries: to hang before it announces anything
//! Verdict: failed
//! Told: no READY

fn main() {
    loop {
        std::thread::park();
    }
}
