//! Tries: to reach the network by TCP, UDP, DNS, and raw sockets
//! Verdict: passed
//! Told: 

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
};

use std::{
    net::{SocketAddr, TcpStream, ToSocketAddrs, UdpSocket},
    time::Duration,
};

unsafe extern "C" {
    fn socket(domain: i32, kind: i32, protocol: i32) -> i32;
}

fn main() {
    for address in ["1.1.1.1:80", "192.168.0.1:22", "10.0.0.1:80", "169.254.169.254:80", "[2606:4700:4700::1111]:80"] {
        let address: SocketAddr = address.parse().unwrap();
        assert!(TcpStream::connect_timeout(&address, Duration::from_millis(500)).is_err(), "TCP to {address}");
    }
    let udp = UdpSocket::bind("0.0.0.0:0").unwrap();
    assert!(udp.send_to(b"x", "8.8.8.8:53").is_err(), "UDP");
    assert!("example.com:80".to_socket_addrs().is_err(), "DNS");
    // AF_INET raw, AF_PACKET, AF_VSOCK, AF_ALG.
    for (domain, kind) in [(2, 3), (17, 3), (40, 1), (38, 5)] {
        assert!(unsafe { socket(domain, kind, 0) } < 0, "socket({domain}, {kind})");
    }
    serve();
}

fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("LISTENING echo {}\nREADY", listener.local_addr().unwrap());
    for mut stream in listener.incoming().map_while(Result::ok) {
        let mut line = String::new();
        if BufReader::new(&stream).read_line(&mut line).is_ok() {
            let _ = writeln!(stream, "{}", line.trim_end().trim_start_matches("say "));
        }
    }
}

