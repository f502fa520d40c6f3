//! An upstream whose every byte is the test's own.

use super::SOON;
use harness_net::within;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A listener. The test accepts each connection itself.
#[derive(Debug)]
pub struct Raw(TcpListener);

/// A connection that the gateway has made.
#[derive(Debug)]
pub struct Conversation {
    stream: TcpStream,
    /// Received and not yet taken.
    pending: Vec<u8>,
}

impl Raw {
    pub async fn start() -> Raw {
        Raw(TcpListener::bind("127.0.0.1:0").await.expect("a free port can be listened on"))
    }

    pub fn address(&self) -> SocketAddr {
        self.0.local_addr().expect("a listener has an address")
    }

    /// The gateway's next connection.
    pub async fn accept(&self) -> Conversation {
        let accepting = within("the gateway connects to the upstream", SOON, self.0.accept()).await;
        Conversation { stream: accepting.expect("a connection can be accepted").0, pending: Vec::new() }
    }
}

impl Conversation {
    /// The head of the next request, in lower case but for its first line.
    pub async fn head(&mut self) -> String {
        loop {
            if let Some(end) = self.pending.windows(4).position(|four| four == b"\r\n\r\n") {
                let head: Vec<_> = self.pending.drain(..end + 4).collect();
                let head = String::from_utf8_lossy(&head).into_owned();
                let (first, rest) = head.split_once("\r\n").expect("a head has lines");
                return format!("{first}\r\n{}", rest.to_ascii_lowercase());
            }
            let more = within("a whole head arrives at the upstream", SOON, self.stream.read_buf(&mut self.pending));
            assert!(more.await.unwrap_or(0) > 0, "the gateway closed its connection to the upstream within a head");
        }
    }

    /// So many bytes.
    pub async fn take(&mut self, count: usize) -> Vec<u8> {
        while self.pending.len() < count {
            let more = within("the body arrives at the upstream", SOON, self.stream.read_buf(&mut self.pending));
            assert!(more.await.unwrap_or(0) > 0, "the gateway closed its connection to the upstream within a body");
        }
        self.pending.drain(..count).collect()
    }

    /// Reads so many bytes and forgets them.
    pub async fn skip(&mut self, count: u64) {
        let mut left = count - (self.pending.len() as u64).min(count);
        self.pending.clear();
        let mut piece = vec![0; 256 * 1024];
        while left > 0 {
            let read = within("the body arrives at the upstream", SOON, self.stream.read(&mut piece)).await;
            let read = read.unwrap_or(0) as u64;
            assert!(read > 0, "the gateway closed its connection to the upstream with {left} bytes to come");
            left -= read.min(left);
        }
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let sending = within("the gateway reads what the upstream sends", SOON, self.stream.write_all(bytes.as_ref()));
        sending.await.expect("the connection to the upstream is open");
    }

    /// A response with this text, on a connection that can be used again.
    pub async fn answer(&mut self, text: &str) {
        self.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}", text.len())).await;
    }

    /// The stream itself, for a test with needs of its own.
    pub fn into_inner(self) -> TcpStream {
        self.stream
    }
}

/// An upstream that reads the head of a request and closes the connection, and how often it has.
pub async fn breaking() -> (SocketAddr, Arc<AtomicUsize>) {
    let upstream = Raw::start().await;
    let (address, count) = (upstream.address(), Arc::new(AtomicUsize::new(0)));
    let counter = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((stream, _)) = upstream.0.accept().await {
            let counter = Arc::clone(&counter);
            tokio::spawn(async move {
                let mut conversation = Conversation { stream, pending: Vec::new() };
                // A connection that is made in advance has no request.
                if conversation.stream.read_buf(&mut conversation.pending).await.unwrap_or(0) > 0 {
                    conversation.head().await;
                    counter.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    (address, count)
}
