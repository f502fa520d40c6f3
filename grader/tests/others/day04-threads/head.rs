//! Reads the head of a request strictly: what is doubtful is refused.

/// A request that may be answered.
#[derive(Debug)]
pub struct Head {
    pub method: String,
    /// The path of the target, decoded once.
    pub path: Vec<u8>,
    /// Names in small letters, and values.
    headers: Vec<(String, String)>,
    pub version_1_0: bool,
    /// Whether a body follows.
    pub has_body: bool,
}

impl Head {
    /// All values of a header, as one list.
    pub fn list(&self, name: &str) -> Option<String> {
        let values: Vec<_> =
            self.headers.iter().filter(|(it, _)| it == name).map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(","))
    }

    /// Whether the client wants to go on with the connection.
    pub fn keeps_open(&self) -> bool {
        let options = self.list("connection").unwrap_or_default().to_lowercase();
        let has = |option| options.split(',').any(|it| it.trim() == option);
        !has("close") && (!self.version_1_0 || has("keep-alive"))
    }
}

/// Parses a head without its empty line.
///
/// # Errors
/// The status with which it is refused.
pub fn parse(bytes: &[u8]) -> Result<Head, u16> {
    let mut lines = split(bytes, b"\r\n").into_iter();
    let first = lines.next().unwrap_or_default();
    let words: Vec<_> = first.split(|byte| *byte == b' ').collect();
    let [method, target, version] = words[..] else { return Err(400) };
    if method.is_empty() || !method.iter().all(|byte| is_token(*byte)) || target.iter().any(u8::is_ascii_control) {
        return Err(400);
    }
    let version_1_0 = match version {
        b"HTTP/1.0" => true,
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'0'..=b'9'] => false,
        [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => return Err(505),
        _ => return Err(400),
    };
    let headers = lines.map(header).collect::<Option<Vec<_>>>().ok_or(400_u16)?;
    let count = |name| headers.iter().filter(|(it, _)| it == name).count();
    if count("host") > 1 || (count("host") == 0 && !version_1_0) {
        return Err(400);
    }
    let has_body = has_body(&headers)?;
    let path = decode(path_of(target)?)?;
    Ok(Head { method: String::from_utf8_lossy(method).into_owned(), path, headers, version_1_0, has_body })
}

fn header(line: &[u8]) -> Option<(String, String)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    let is_good = !name.is_empty()
        && name.iter().all(|byte| is_token(*byte))
        && !value.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n'));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    is_good.then(|| (text(name).to_lowercase(), text(value).trim_matches([' ', '\t']).to_owned()))
}

fn has_body(headers: &[(String, String)]) -> Result<bool, u16> {
    let all = |name| headers.iter().filter(move |(it, _)| it == name).map(|(_, value)| value.as_str());
    let (lengths, codings): (Vec<_>, Vec<_>) = (all("content-length").collect(), all("transfer-encoding").collect());
    match (&lengths[..], &codings[..]) {
        ([], []) => Ok(false),
        ([length], []) if !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit()) => {
            length.parse::<u64>().map(|length| length > 0).map_err(|_| 400)
        }
        ([], [coding]) if coding.eq_ignore_ascii_case("chunked") => Ok(true),
        ([], [..]) => Err(501),
        _ => Err(400),
    }
}

/// The path of `/path?query` or of `http://host/path`.
fn path_of(target: &[u8]) -> Result<&[u8], u16> {
    let until = |bytes: &[u8], ends: &[u8]| bytes.iter().position(|byte| ends.contains(byte)).unwrap_or(bytes.len());
    let rest = match target.strip_prefix(b"http://") {
        Some(rest) => match until(rest, b"/?") {
            0 => return Err(400),
            end => &rest[end..],
        },
        None if target.starts_with(b"/") => target,
        None => return Err(400),
    };
    let path = &rest[..until(rest, b"?")];
    Ok(if path.is_empty() { b"/" } else { path })
}

fn decode(path: &[u8]) -> Result<Vec<u8>, u16> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((first, others)) = rest.split_first() {
        rest = others;
        if *first != b'%' {
            decoded.push(*first);
            continue;
        }
        let digit = |at: usize| char::from(others.get(at).copied().unwrap_or(0)).to_digit(16).ok_or(400_u16);
        let byte = digit(0)? * 16 + digit(1)?;
        decoded.push(u8::try_from(byte).ok().filter(|byte| *byte != 0).ok_or(400_u16)?);
        rest = &others[2..];
    }
    Ok(decoded)
}

/// The letters of names (RFC 9110, section 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn split<'a>(bytes: &'a [u8], by: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(by.len()).position(|window| window == by) {
        parts.push(&rest[..at]);
        rest = &rest[at + by.len()..];
    }
    parts.push(rest);
    parts
}
