//! The head of a request: from bytes to a value, or to the status that refuses it (RFC 9112, sections 2 to 6).
//!
//! Two programs that read the same bytes differently are a security hole: whoever stands in between lets something pass
//! that the other one then understands in its own way (request smuggling). So nothing is guessed and nothing repaired.

use crate::response::Status;

/// A request that may be answered.
#[derive(Debug)]
pub struct Request {
    pub method: String,
    pub path: Path,
    /// Whether the client may send another request on this connection.
    pub keep_alive: bool,
    /// Names in lower case.
    headers: Vec<(String, String)>,
}

/// Where a request points to within the site: decoded, and without `.`, `..` and empty segments.
#[derive(Debug, PartialEq, Eq)]
pub struct Path {
    pub segments: Vec<String>,
    /// It ended with a slash.
    pub folder: bool,
}

impl Request {
    /// Reads a head with its empty line.
    ///
    /// # Errors
    /// The status that the client gets.
    pub fn parse(head: &[u8]) -> Result<Request, Status> {
        let text = String::from_utf8_lossy(head);
        let text = text.strip_suffix("\r\n\r\n").ok_or(Status(400))?;
        let mut lines = text.split("\r\n");
        let (method, target, minor) = request_line(lines.next().unwrap_or_default())?;
        let path = Path::parse(target)?;
        let headers = lines.map(header_line).collect::<Result<Vec<_>, _>>()?;
        let mut request = Request { method: method.to_owned(), path, keep_alive: false, headers };
        request.keep_alive = request.is_persistent(minor) && !request.has_body()?;
        Ok(request)
    }

    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.values(name).next()
    }

    /// The members of a header that is a list. It may come several times; that means the same as one with commas.
    pub fn members(&self, name: &str) -> impl Iterator<Item = &str> {
        self.values(name).flat_map(|value| value.split(',')).map(str::trim)
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Whether the client of HTTP/1.`minor` keeps the connection, as the version and `Connection` say.
    fn is_persistent(&self, minor: u8) -> bool {
        let options: Vec<_> = self.members("connection").collect();
        todo!("look for close or keep-alive among {options:?}, in HTTP/1.{minor}")
    }

    /// Whether a body follows the head (RFC 9112, section 6.3). What could be understood in two ways is refused.
    fn has_body(&self) -> Result<bool, Status> {
        let lengths: Vec<_> = self.values("content-length").map(digits).collect();
        let codings: Vec<_> = self.members("transfer-encoding").collect();
        if lengths.is_empty() && codings.is_empty() {
            return Ok(false);
        }
        todo!("decide on a body with the lengths {lengths:?} and the encodings {codings:?}")
    }
}

/// A whole number in digits. `str::parse` alone would also take `+7`.
pub fn digits(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// The method, the target, and the x of `HTTP/1.x`.
fn request_line(line: &str) -> Result<(&str, &str, u8), Status> {
    todo!("take {line:?} apart")
}

/// `Name: value`, with the name in lower case. No space may stand before the colon, and no line may continue the one
/// before.
fn header_line(line: &str) -> Result<(String, String), Status> {
    todo!("take {line:?} apart")
}

impl Path {
    /// `/a/b%20c?d` is the segments `a` and `b c`.
    fn parse(target: &str) -> Result<Path, Status> {
        let path = target.split('?').next().unwrap_or_default();
        todo!("decode {path:?}, and split it into segments")
    }

    /// The path as it stands in a URL, with a slash at its end: `/a/b%20c/`.
    pub fn to_folder_url(&self) -> String {
        todo!("percent-encode the segments {:?}", self.segments)
    }
}
