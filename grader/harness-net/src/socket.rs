//! Bytes over TCP, for what no well-behaved client would send.

use harness::{expect, timeout};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

/// How long bytes may take (before stretching).
const PATIENCE: Duration = Duration::from_secs(5);

/// A raw connection that remembers what it sent, for the failure message.
#[derive(Debug)]
pub struct Socket {
    stream: TcpStream,
    sent: Vec<u8>,
    /// Received and not yet taken.
    pending: Vec<u8>,
}

/// The other side has closed the connection; holds what it sent before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed(pub Vec<u8>);

impl Socket {
    /// Connects.
    ///
    /// # Panics
    /// When nothing listens there.
    pub async fn connect(address: SocketAddr) -> Socket {
        let connecting = tokio::time::timeout(timeout(PATIENCE), TcpStream::connect(address)).await;
        let wanted = expect(format!("a connection to the announced address {address} is accepted"));
        match connecting {
            Ok(Ok(stream)) => {
                // Tests decide where a segment ends.
                let _ = stream.set_nodelay(true);
                Socket { stream, sent: Vec::new(), pending: Vec::new() }
            }
            Ok(Err(error)) => wanted.fail(error),
            Err(_) => wanted.fail("silence"),
        }
    }

    /// Connects as a client behind a narrow line does: small segments and a small buffer. The program notices after about
    /// a hundred kilobytes that nobody reads; over a usual connection within one machine it would take megabytes.
    ///
    /// # Panics
    /// When nothing listens there.
    pub async fn connect_narrow(address: SocketAddr) -> Socket {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
        let socket = socket.unwrap_or_else(|error| panic!("no socket can be made: {error}"));
        // Where the system does not let us choose, more has to be sent before the program notices.
        let _ = socket.set_recv_buffer_size(4096);
        #[cfg(unix)]
        let _ = socket2::SockRef::from(&socket).set_tcp_mss(536);
        match tokio::time::timeout(timeout(PATIENCE), socket.connect(address)).await {
            Ok(Ok(stream)) => Socket { stream, sent: Vec::new(), pending: Vec::new() },
            other => expect(format!("a connection to the announced address {address} is accepted"))
                .fail(format!("{other:?}")),
        }
    }

    /// Sends bytes. A connection that is closed already is noticed by the next read.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.sent.extend_from_slice(bytes.as_ref());
        let _ = tokio::time::timeout(timeout(PATIENCE), self.stream.write_all(bytes.as_ref())).await;
    }

    /// Ends the sending side: the program reads an end of file, and can still answer.
    pub async fn finish(&mut self) {
        let _ = self.stream.shutdown().await;
    }

    /// Reads until `complete` says how many bytes make a whole answer, and takes those.
    pub async fn read_until(&mut self, complete: impl Fn(&[u8]) -> Option<usize>) -> Result<Vec<u8>, Closed> {
        let reading = async {
            loop {
                if let Some(length) = complete(&self.pending) {
                    return Ok(self.pending.drain(..length).collect());
                }
                match self.stream.read_buf(&mut self.pending).await {
                    Ok(0) | Err(_) => return Err(Closed(std::mem::take(&mut self.pending))),
                    Ok(_) => {}
                }
            }
        };
        match tokio::time::timeout(timeout(PATIENCE), reading).await {
            Ok(outcome) => outcome,
            Err(_) => expect("the program answers or closes the connection").request(annotate(&self.sent)).fail(
                format!("neither within {} s; it sent {}", timeout(PATIENCE).as_secs_f32(), annotate(&self.pending)),
            ),
        }
    }

    /// The next bytes have to be exactly these.
    pub async fn expect_bytes(&mut self, requirement: &str, expected: impl AsRef<[u8]>) {
        let expected = expected.as_ref();
        // Bytes that differ already are wrong however many may follow.
        let differs = |bytes: &[u8]| !expected.starts_with(&bytes[..bytes.len().min(expected.len())]);
        let enough = |bytes: &[u8]| {
            if differs(bytes) { Some(bytes.len()) } else { (bytes.len() >= expected.len()).then_some(expected.len()) }
        };
        let outcome = self.read_until(enough).await;
        let actual = match &outcome {
            Ok(bytes) if bytes == expected => return,
            Ok(bytes) => annotate(bytes),
            Err(Closed(bytes)) => format!("{} and then the end of the connection", annotate(bytes)),
        };
        expect(requirement).request(annotate(&self.sent)).expected(annotate(expected)).fail(actual);
    }

    /// The program has to close the connection; returns what it sent before.
    pub async fn expect_closed(&mut self, requirement: &str) -> Vec<u8> {
        match self.read_until(|_| None).await {
            Err(Closed(bytes)) => bytes,
            Ok(_) => expect(requirement).request(annotate(&self.sent)).fail("the connection is still open"),
        }
    }

    /// The stream itself, for a test with needs of its own.
    pub fn into_inner(self) -> TcpStream {
        self.stream
    }
}

/// Bytes as text with `\r\n` and `\x00` written out, shortened in the middle, with their number.
fn annotate(bytes: &[u8]) -> String {
    const SHOWN: usize = 200;
    if bytes.len() <= 2 * SHOWN {
        return format!("{} bytes: \"{}\"", bytes.len(), bytes.escape_ascii());
    }
    let (head, tail) = (&bytes[..SHOWN], &bytes[bytes.len() - SHOWN..]);
    format!("{} bytes: \"{}\" … \"{}\"", bytes.len(), head.escape_ascii(), tail.escape_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that answers the first bytes it gets with `answer` and closes.
    async fn server(answer: &'static [u8]) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 64]).await;
            let _ = stream.write_all(answer).await;
        });
        address
    }

    #[tokio::test]
    async fn expected_bytes_are_taken_and_the_rest_is_left() {
        let mut socket = Socket::connect(server(b"+PONG\r\n:1\r\n").await).await;
        socket.send(b"PING\r\n").await;
        socket.expect_bytes("PING gets PONG", b"+PONG\r\n").await;
        assert_eq!(socket.expect_closed("the server closes").await, b":1\r\n");
    }

    #[tokio::test]
    #[should_panic(expected = r#"actual: 6 bytes: "-ERR\r\n""#)]
    async fn other_bytes_are_shown_escaped() {
        let mut socket = Socket::connect(server(b"-ERR\r\n").await).await;
        socket.send(b"PING\r\n").await;
        socket.expect_bytes("PING gets PONG", b"+PONG\r\n").await;
    }

    #[tokio::test]
    #[should_panic(expected = "and then the end of the connection")]
    async fn an_early_end_is_said_to_be_one() {
        let mut socket = Socket::connect(server(b"+PO").await).await;
        socket.send(b"PING\r\n").await;
        socket.expect_bytes("PING gets PONG", b"+PONG\r\n").await;
    }
}
