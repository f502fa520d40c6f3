//! A request, a reply, and what both are on the wire (RFC 9112).

use serde_json::{Value, json};
use std::io::{self, BufRead, Read, Write};

/// The longest head that is read.
const HEAD: u64 = 64 * 1024;

/// What a client asks for.
#[derive(Debug)]
pub struct Request {
    /// `GET`.
    pub method: String,
    /// The path as it was sent, without the query.
    pub path: String,
    /// What follows `?`.
    pub query: String,
    /// Names in small letters, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Whether the client reads chunks and keeps the connection: HTTP/1.1, without `Connection: close`.
    pub(crate) keeps: bool,
}

impl Request {
    /// The first header of this name, which is in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        value(&self.headers, name)
    }

    /// The first parameter of this name in the query.
    pub fn parameter(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.query.as_bytes())
            .find(|(it, _)| it == name)
            .map(|(_, value)| value.into_owned())
    }

    /// The body as a JSON object.
    ///
    /// # Errors
    /// The problem: 415 for another media type, 400 for what is no JSON, 422 for what is no object.
    pub fn object(&self) -> Result<Value, Reply> {
        let media = self.header("content-type").unwrap_or("").split(';').next().unwrap_or("").trim();
        if !media.eq_ignore_ascii_case("application/json") {
            return Err(Reply::problem(415, "only application/json is read here"));
        }
        match serde_json::from_slice(&self.body) {
            Ok(value @ Value::Object(_)) => Ok(value),
            Ok(_) => Err(Reply::problem(422, "the body has to be an object")),
            Err(error) => Err(Reply::problem(400, &format!("no JSON: {error}"))),
        }
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Reply {
    /// 200.
    pub status: u16,
    /// All headers but those that say where the body ends.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// A reply without a body.
    pub fn empty(status: u16) -> Reply {
        Reply { status, headers: Vec::new(), body: Vec::new() }
    }

    /// A reply with these bytes.
    pub fn bytes(status: u16, media: &str, body: Vec<u8>) -> Reply {
        Reply { status, headers: vec![("CONTENT-TYPE".to_owned(), media.to_owned())], body }
    }

    /// A reply with a JSON document.
    pub fn json(status: u16, body: &Value) -> Reply {
        Reply::bytes(status, "application/json; charset=utf-8", format!("{body:#}\n").into_bytes())
    }

    /// A problem document (RFC 9457).
    pub fn problem(status: u16, detail: &str) -> Reply {
        let body =
            json!({"type": "about:blank", "title": format!("HTTP {status}"), "status": status, "detail": detail});
        Reply::bytes(status, "application/problem+json", format!("{body:#}\n").into_bytes())
    }

    /// One header more.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Reply {
        self.headers.push((name.to_uppercase(), value.into()));
        self
    }

    /// Writes the reply. Whoever keeps the connection gets the body in two chunks, others get it up to the end.
    ///
    /// # Errors
    /// When the client has gone.
    pub fn write(&self, mut to: impl Write, head_only: bool, keeps: bool) -> io::Result<()> {
        let mut bytes = format!("HTTP/1.1 {} \r\n", self.status).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(format!("{name}:{value}\r\n").as_bytes());
        }
        let bodiless = matches!(self.status, 100..=199 | 204 | 304);
        if !keeps {
            bytes.extend_from_slice(b"CONNECTION:close\r\n");
        }
        match (bodiless, keeps) {
            (true, _) => bytes.extend_from_slice(b"\r\n"),
            (false, true) => bytes.extend_from_slice(b"TRANSFER-ENCODING:chunked\r\n\r\n"),
            (false, false) => bytes.extend_from_slice(format!("CONTENT-LENGTH:{}\r\n\r\n", self.body.len()).as_bytes()),
        }
        if !bodiless && !head_only {
            if keeps {
                for piece in self.body.chunks(self.body.len().div_ceil(2).max(1)) {
                    bytes.extend_from_slice(format!("{:X}\r\n", piece.len()).as_bytes());
                    bytes.extend_from_slice(piece);
                    bytes.extend_from_slice(b"\r\n");
                }
                bytes.extend_from_slice(b"0\r\n\r\n");
            } else {
                bytes.extend_from_slice(&self.body);
            }
        }
        to.write_all(&bytes)?;
        to.flush()
    }
}

/// Why there is no request.
#[derive(Debug)]
pub enum NoRequest {
    /// The client has gone, or its connection has broken.
    End,
    /// What came is refused with this status.
    Refused(u16),
}

impl From<io::Error> for NoRequest {
    fn from(_: io::Error) -> NoRequest {
        NoRequest::End
    }
}

/// Reads the head of a request, and nothing of its body.
///
/// # Errors
/// When there is none, or none that is understood.
pub fn read_head(from: &mut impl BufRead) -> Result<Request, NoRequest> {
    let mut lines = read_lines(from)?;
    if lines.is_empty() {
        return Err(NoRequest::Refused(400));
    }
    let first = lines.remove(0);
    let words: Vec<_> = first.split(' ').collect();
    let [method, target, version] = words[..] else { return Err(NoRequest::Refused(400)) };
    if !version.starts_with("HTTP/1.") {
        return Err(NoRequest::Refused(505));
    }
    let headers = split_headers(&lines).ok_or(NoRequest::Refused(400))?;
    let closes = value(&headers, "connection").is_some_and(|it| it.to_lowercase().contains("close"));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Ok(Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        keeps: version != "HTTP/1.0" && !closes,
        headers,
        body: Vec::new(),
    })
}

/// Reads the body that belongs to these headers; `to_the_end` says that one without a length ends with the connection.
pub(crate) fn read_body(
    from: &mut impl BufRead,
    headers: &[(String, String)],
    limit: usize,
    to_the_end: bool,
) -> Result<Vec<u8>, NoRequest> {
    let mut body = Vec::new();
    if value(headers, "transfer-encoding").is_some_and(|it| it.eq_ignore_ascii_case("chunked")) {
        loop {
            let line = read_line(from)?;
            let size = usize::from_str_radix(line.split(';').next().unwrap_or("").trim(), 16);
            let size = size.map_err(|_| NoRequest::Refused(400))?;
            if size == 0 {
                while !read_line(from)?.is_empty() {}
                return Ok(body);
            }
            if size > limit.saturating_sub(body.len()) {
                return Err(NoRequest::Refused(413));
            }
            exactly(from, size, &mut body)?;
            read_line(from)?;
        }
    }
    if let Some(length) = value(headers, "content-length") {
        let length: usize = length.parse().map_err(|_| NoRequest::Refused(400))?;
        if length > limit {
            return Err(NoRequest::Refused(413));
        }
        exactly(from, length, &mut body)?;
    } else if to_the_end {
        from.take(limit as u64 + 1).read_to_end(&mut body)?;
        if body.len() > limit {
            return Err(NoRequest::Refused(413));
        }
    }
    Ok(body)
}

/// The lines of a head, up to the empty one. An end before the first byte of it is an end.
pub(crate) fn read_lines(from: &mut impl BufRead) -> Result<Vec<String>, NoRequest> {
    let mut head = from.take(HEAD);
    let mut lines = Vec::new();
    loop {
        let line = read_line(&mut head)?;
        if line.is_empty() && !lines.is_empty() {
            return Ok(lines);
        }
        if !line.is_empty() {
            lines.push(line);
        }
    }
}

/// Header lines as names in small letters and values.
pub(crate) fn split_headers(lines: &[String]) -> Option<Vec<(String, String)>> {
    lines
        .iter()
        .map(|line| line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())))
        .collect()
}

/// The first header of this name.
pub(crate) fn value<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
}

fn read_line(from: &mut impl BufRead) -> Result<String, NoRequest> {
    let mut line = Vec::new();
    from.take(HEAD).read_until(b'\n', &mut line)?;
    if line.pop() != Some(b'\n') {
        return Err(NoRequest::End);
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    String::from_utf8(line).map_err(|_| NoRequest::Refused(400))
}

fn exactly(from: &mut impl BufRead, size: usize, body: &mut Vec<u8>) -> Result<(), NoRequest> {
    let read = from.take(size as u64).read_to_end(body)?;
    if read == size { Ok(()) } else { Err(NoRequest::End) }
}
