//! Tries: to announce a port that it does not serve
//! Verdict: failed
//! Told: every line is answered

fn main() {
    println!("LISTENING echo 127.0.0.1:9\nREADY");
    loop {
        std::thread::park();
    }
}
