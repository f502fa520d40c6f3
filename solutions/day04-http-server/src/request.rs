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
        let line = lines.next().unwrap_or_default();
        let [method, target, version] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err(Status(400));
        };
        if !is_token(method) {
            return Err(Status(400));
        }
        let minor = minor_version(version)?;
        let path = Path::parse(target)?;
        let headers = lines.map(header_line).collect::<Result<Vec<_>, _>>()?;
        let mut request = Request { method: method.to_owned(), path, keep_alive: false, headers };
        let hosts = request.values("host").count();
        if hosts > 1 || (hosts == 0 && minor >= 1) {
            return Err(Status(400));
        }
        let asks_to = |option| request.members("connection").any(|member| member.eq_ignore_ascii_case(option));
        let persistent = !asks_to("close") && (minor >= 1 || asks_to("keep-alive"));
        // A file server has no use for bodies. Closing after the answer is allowed, and no body can be taken for a request.
        request.keep_alive = persistent && !request.has_body()?;
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

    /// Whether a body follows the head (RFC 9112, section 6.3). What could be understood in two ways is refused.
    fn has_body(&self) -> Result<bool, Status> {
        let (mut codings, mut lengths) = (self.members("transfer-encoding"), self.values("content-length"));
        match (codings.next(), lengths.next()) {
            (None, None) => Ok(false),
            (Some(coding), None) if coding.eq_ignore_ascii_case("chunked") && codings.next().is_none() => Ok(true),
            (Some(_), None) => Err(Status(501)),
            (None, Some(length)) if lengths.next().is_none() => {
                digits(length).map(|length| length > 0).ok_or(Status(400))
            }
            _ => Err(Status(400)),
        }
    }
}

/// A whole number in digits. `str::parse` alone would also take `+7`.
pub fn digits(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// The x of `HTTP/1.x`.
fn minor_version(version: &str) -> Result<u8, Status> {
    match version.strip_prefix("HTTP/").map(str::as_bytes) {
        Some([b'1', b'.', minor @ b'0'..=b'9']) => Ok(minor - b'0'),
        Some([b'0'..=b'9', b'.', b'0'..=b'9']) => Err(Status(505)),
        _ => Err(Status(400)),
    }
}

/// `Name: value`. No space may stand before the colon, and no line may continue the one before.
fn header_line(line: &str) -> Result<(String, String), Status> {
    let (name, value) = line.split_once(':').ok_or(Status(400))?;
    if !is_token(name) || value.contains(['\r', '\n', '\0']) {
        return Err(Status(400));
    }
    Ok((name.to_ascii_lowercase(), value.trim_matches([' ', '\t']).to_owned()))
}

/// RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(fits)
}

impl Path {
    fn parse(target: &str) -> Result<Path, Status> {
        // To a proxy, clients send the whole URL. Every server has to understand it, too (RFC 9112, section 3.2.2).
        let path = match target.strip_prefix("http://") {
            Some(rest) => rest.find('/').map_or("/", |slash| &rest[slash..]),
            None => target,
        };
        let path = path.split('?').next().unwrap_or_default();
        if !path.starts_with('/') || path.bytes().any(|byte| byte.is_ascii_control()) {
            return Err(Status(400));
        }
        // First decode, once, and then look at the segments: `%2e%2e%2f` is `../`.
        let path = percent_decode(path).filter(|path| !path.contains('\0')).ok_or(Status(400))?;
        let mut segments = Vec::new();
        for segment in path.split('/') {
            match segment {
                "" | "." => {}
                // Above the root there is nothing.
                ".." => drop(segments.pop().ok_or(Status(400))?),
                name => segments.push(name.to_owned()),
            }
        }
        let folder = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
        Ok(Path { segments, folder })
    }

    /// The path as it stands in a URL, with a slash at its end.
    pub fn to_folder_url(&self) -> String {
        let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let encode = |byte: u8| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
        let encoded = self.segments.iter().map(|segment| segment.bytes().map(encode).collect::<String>() + "/");
        format!("/{}", encoded.collect::<String>())
    }
}

fn percent_decode(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => 16 * hex(bytes.next()?)? + hex(bytes.next()?)?,
            byte => byte,
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}
