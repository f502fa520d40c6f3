//! Tries: to end with success before anything is asked
//! Verdict: failed
//! Told: ended with exit status 0 before it was ready

fn main() {
    std::process::exit(0);
}
