//! Never says where it listens.

fn main() {
    loop {
        std::thread::park();
    }
}
