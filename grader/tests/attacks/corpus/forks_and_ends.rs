//! Tries: to live on in a child for ever, each ending at once
//! Verdict: failed
//! Told: ended with exit status 0 before it was ready

unsafe extern "C" {
    fn fork() -> i32;
    fn setsid() -> i32;
}

fn main() {
    loop {
        if unsafe { fork() } > 0 {
            std::process::exit(0);
        }
        unsafe { setsid() };
    }
}
