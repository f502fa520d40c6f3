//! One exchange with another server, over a connection of its own and with a deadline for all of it.

use crate::message::{NoRequest, read_body, read_lines, split_headers, value};
use std::{
    io::{self, BufReader, ErrorKind, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::{Duration, Instant},
};

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The deadline came first.
    Late,
    /// No connection, a broken one, or something that is no HTTP.
    Broken,
}

/// The head of an answer; the body can still be read.
#[derive(Debug)]
pub struct Answer {
    /// 200.
    pub status: u16,
    headers: Vec<(String, String)>,
    reader: BufReader<Timed>,
}

impl Answer {
    /// The first header of this name, which is in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        value(&self.headers, name)
    }

    /// The whole body, if it has at most `limit` bytes.
    ///
    /// # Errors
    /// When it is longer, breaks off, or takes too long.
    pub fn body(mut self, limit: usize) -> Result<Vec<u8>, Failure> {
        read_body(&mut self.reader, &self.headers, limit, true).map_err(|_| self.reader.get_ref().failure())
    }
}

/// Connects to `HOST:PORT`.
///
/// # Errors
/// When nobody accepts before the deadline.
pub fn connect(address: &str, deadline: Instant) -> Result<TcpStream, Failure> {
    let addresses = address.to_socket_addrs().map_err(|_| Failure::Broken)?;
    let mut failure = Failure::Broken;
    for address in addresses {
        match TcpStream::connect_timeout(&address, left(deadline).ok_or(Failure::Late)?) {
            Ok(stream) => return Ok(stream),
            Err(error) if is_late(&error) => failure = Failure::Late,
            Err(_) => failure = Failure::Broken,
        }
    }
    Err(failure)
}

/// Sends a request, given as its first line without the version, its headers and its body; returns with the head of the answer.
///
/// # Errors
/// When no answer has come before the deadline, or something else than HTTP.
pub fn send(
    address: &str,
    line: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    deadline: Instant,
) -> Result<Answer, Failure> {
    let stream = connect(address, deadline)?;
    let mut timed = Timed { stream, deadline };
    let mut request = format!("{line} HTTP/1.1\r\nHOST: {address}\r\nCONNECTION: close\r\n");
    for (name, value) in headers {
        request += &format!("{}: {value}\r\n", name.to_uppercase());
    }
    if !body.is_empty() {
        request += &format!("CONTENT-LENGTH: {}\r\n", body.len());
    }
    let bytes = [request.as_bytes(), b"\r\n", body].concat();
    if timed.stream.set_write_timeout(left(deadline)).and_then(|()| timed.stream.write_all(&bytes)).is_err() {
        return Err(timed.failure());
    }
    let mut reader = BufReader::new(timed);
    loop {
        let lines = read_lines(&mut reader);
        let lines = lines.map_err(|_: NoRequest| reader.get_ref().failure())?;
        let (status, headers) = head(&lines).ok_or(Failure::Broken)?;
        // 1xx goes before the answer itself (RFC 9110, section 15.2).
        if status >= 200 {
            return Ok(Answer { status, headers, reader });
        }
    }
}

fn head(lines: &[String]) -> Option<(u16, Vec<(String, String)>)> {
    let (first, rest) = lines.split_first()?;
    let status = first.strip_prefix("HTTP/1.")?.split(' ').nth(1)?;
    Some((status.parse().ok()?, split_headers(rest)?))
}

/// A connection that is silent once the deadline has passed.
#[derive(Debug)]
struct Timed {
    stream: TcpStream,
    deadline: Instant,
}

impl Timed {
    fn failure(&self) -> Failure {
        if left(self.deadline).is_none() { Failure::Late } else { Failure::Broken }
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = left(self.deadline).ok_or(ErrorKind::TimedOut)?;
        self.stream.set_read_timeout(Some(left))?;
        self.stream.read(buffer)
    }
}

fn left(deadline: Instant) -> Option<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    // A wait of less may end before the deadline does, and would then look like a broken connection.
    (left > Duration::from_micros(500)).then_some(left)
}

fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}
