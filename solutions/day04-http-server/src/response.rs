//! A response, and how it becomes bytes.

use crate::date;
use std::{io, time::SystemTime};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncWriteExt, BufReader, copy_buf},
    net::TcpStream,
};

/// How much of a file is in memory at once, for each connection that is being sent one.
const PIECE: usize = 32 * 1024;

/// A status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status(pub u16);

impl Status {
    /// The words that follow the code. They are for people; programs read the number.
    pub fn reason(self) -> &'static str {
        match self.0 {
            200 => "OK",
            206 => "Partial Content",
            301 => "Moved Permanently",
            304 => "Not Modified",
            400 => "Bad Request",
            403 => "Forbidden",
            404 => "Not Found",
            405 => "Method Not Allowed",
            408 => "Request Timeout",
            414 => "URI Too Long",
            416 => "Range Not Satisfiable",
            431 => "Request Header Fields Too Large",
            500 => "Internal Server Error",
            501 => "Not Implemented",
            505 => "HTTP Version Not Supported",
            _ => "Error",
        }
    }
}

/// A response that is about to be sent.
#[derive(Debug)]
pub struct Response {
    status: Status,
    headers: Vec<(&'static str, String)>,
    body: Body,
}

/// What follows the head.
#[derive(Debug)]
pub enum Body {
    /// No body, and no length either: 304.
    None,
    Text(String),
    /// So many bytes of the file, from where it stands. It is read while it is sent, never as a whole.
    File(File, u64),
}

impl Response {
    pub fn new(status: Status, body: Body) -> Response {
        Response { status, headers: Vec::new(), body }
    }

    /// A status with a line of text for people.
    pub fn error(status: Status) -> Response {
        let text = format!("{} {}\n", status.0, status.reason());
        Response::new(status, Body::Text(text)).with("Content-Type", "text/plain")
    }

    /// The same with one more header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Response {
        self.headers.push((name, value.into()));
        self
    }

    /// Writes the response. With `head_only`, the body is announced but not sent, as HEAD asks.
    pub async fn send(self, stream: &mut TcpStream, keep_alive: bool, head_only: bool) -> io::Result<()> {
        stream.write_all(self.head(keep_alive).as_bytes()).await?;
        match self.body {
            Body::Text(text) if !head_only => stream.write_all(text.as_bytes()).await,
            Body::File(file, length) if !head_only => {
                let sent = copy_buf(&mut BufReader::with_capacity(PIECE, file.take(length)), stream).await?;
                // The file became shorter meanwhile. The promise cannot be kept, so the connection must not go on.
                if sent < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }

    fn head(&self, keep_alive: bool) -> String {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status.0, self.status.reason());
        head += &format!("Date: {}\r\n", date::format(SystemTime::now()));
        head += if keep_alive { "Connection: keep-alive\r\n" } else { "Connection: close\r\n" };
        // Without a length, the client could not tell where this response ends and the next begins.
        match &self.body {
            Body::None => {}
            Body::Text(text) => head += &format!("Content-Length: {}\r\n", text.len()),
            Body::File(_, length) => head += &format!("Content-Length: {length}\r\n"),
        }
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head + "\r\n"
    }
}
