//! A response, and how it becomes bytes.

use crate::date;
use std::{io, time::SystemTime};
use tokio::{fs::File, net::TcpStream};

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
        let head = self.head(keep_alive);
        match self.body {
            Body::Text(text) if !head_only => todo!("write {head:?} and {text:?} to {stream:?}"),
            Body::File(file, length) if !head_only => {
                todo!("write {head:?} and {length} bytes of {file:?} to {stream:?}, piece by piece")
            }
            _ => todo!("write {head:?} to {stream:?}"),
        }
    }

    /// Status line, headers and the empty line. Every body but `Body::None` has a `Content-Length`.
    fn head(&self, keep_alive: bool) -> String {
        let date = date::format(SystemTime::now());
        todo!("{:?} with {:?}, of {date}, and keep_alive = {keep_alive}", self.status, self.headers)
    }
}
