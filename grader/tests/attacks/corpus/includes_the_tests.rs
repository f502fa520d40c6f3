//! Tries: to compile the hidden tests into itself
//! Verdict: does_not_compile
//! Told: couldn't read

fn main() {
    println!("{}", include_str!("../tests/visible.rs"));
}
