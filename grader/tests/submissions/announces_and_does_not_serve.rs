//! Announces a port on which nothing listens.

fn main() {
    let address = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    println!("LISTENING echo {address}\nREADY");
    loop {
        std::thread::park();
    }
}
