//! RESP2 as bytes: requests in, replies out. Knows no command.
//!
//! A request is an array of bulk strings, each with its length in front, so a value may hold any byte, line ends too:
//! `*2\r\n$3\r\nGET\r\n$4\r\nname\r\n`. TCP cuts the stream wherever it likes, which is why [`take_request`] starts at
//! the front of a buffer and says "not complete yet" instead of reading by itself.

use thiserror::Error;

/// The words of a request: the command's name and its arguments.
pub type Request = Vec<Vec<u8>>;

/// The longest header or inline command. Whoever sends more without a line end is not speaking RESP.
const LONGEST_LINE: usize = 64 * 1024;

/// The bytes are no request. Nothing that follows them can be trusted, so the connection ends.
#[derive(Debug, Error)]
#[error("ERR Protocol error: {0}")]
pub struct ProtocolError(pub String);

impl ProtocolError {
    fn new(what: impl Into<String>) -> ProtocolError {
        ProtocolError(what.into())
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// `+OK`: a short text of ours.
    Simple(&'static str),
    /// `-ERR …`: the message begins with its code, and holds no line end.
    Error(String),
    /// `:1`
    Integer(i64),
    /// `$5` and five bytes of the client's.
    Bulk(Vec<u8>),
    /// `$-1`: there is no such value.
    Nil,
    /// `*2` and two replies.
    Array(Vec<Reply>),
    /// `*-1`: nothing came in time, or the transaction did not take place.
    NilArray,
    /// Several replies to one request, as SUBSCRIBE gives one a channel.
    Each(Vec<Reply>),
}

impl Reply {
    /// Appends the bytes of this reply to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Reply::Simple(text) => out.extend_from_slice(format!("+{text}\r\n").as_bytes()),
            other => todo!("append the bytes of {other:?}"),
        }
    }
}

/// Appends a request to `out`, as a client would send it. This is also the form of the journal.
pub fn encode_request(words: &[Vec<u8>], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
    todo!("append each of {words:?} as a bulk string")
}

/// The request at the front of `bytes` and how many bytes it takes, or none while its end has not arrived.
///
/// The request may have no words (`*0\r\n`, an empty line): such a one gets no reply.
///
/// # Errors
/// As soon as the bytes that are there cannot become a request, whatever may follow.
pub fn take_request(bytes: &[u8]) -> Result<Option<(Request, usize)>, ProtocolError> {
    match bytes.first() {
        None => Ok(None),
        Some(b'*') => take_array(bytes),
        Some(_) => take_inline(bytes),
    }
}

/// An array of bulk strings. Whatever its headers promise, memory is taken only for bytes that have arrived, and a
/// header that can be no header is an error as soon as it is seen: see "Limits" on the page.
fn take_array(bytes: &[u8]) -> Result<Option<(Request, usize)>, ProtocolError> {
    todo!("take the request at the front of {} bytes", bytes.len())
}

/// Inline commands, words separated by spaces on a line, are what makes `nc` a Redis client.
fn take_inline(bytes: &[u8]) -> Result<Option<(Request, usize)>, ProtocolError> {
    let Some(end) = bytes.iter().take(LONGEST_LINE).position(|byte| *byte == b'\n') else {
        if bytes.len() >= LONGEST_LINE {
            return Err(ProtocolError::new("too big inline request"));
        }
        return Ok(None);
    };
    let words = bytes[..end].split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    Ok(Some((words.map(<[u8]>::to_vec).collect(), end + 1)))
}

/// A whole number the way Redis takes one: no plus sign, no leading zero, no spaces.
pub fn integer(text: &[u8]) -> Option<i64> {
    let number: i64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (number.to_string().as_bytes() == text).then_some(number)
}
