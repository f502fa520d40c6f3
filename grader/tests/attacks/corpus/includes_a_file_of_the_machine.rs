//! Tries: to compile a file of the machine into itself
//! Verdict: does_not_compile
//! Told: couldn't read

fn main() {
    println!("{}", include_str!("/etc/shadow"));
}
