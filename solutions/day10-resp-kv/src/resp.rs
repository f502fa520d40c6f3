//! RESP2 as bytes: requests in, replies out. Knows no command.
//!
//! A request is an array of bulk strings, each with its length in front, so a value may hold any byte, line ends too:
//! `*2\r\n$3\r\nGET\r\n$4\r\nname\r\n`. TCP cuts the stream wherever it likes, which is why [`take_request`] starts at
//! the front of a buffer and says "not complete yet" instead of reading by itself.

use std::ops::Range;
use thiserror::Error;

/// The words of a request: the command's name and its arguments.
pub type Request = Vec<Vec<u8>>;

/// The longest header or inline command. Whoever sends more without a line end is not speaking RESP.
const LONGEST_LINE: usize = 64 * 1024;
/// The longest bulk string: 512 MiB, as in Redis.
const LONGEST_BULK: usize = 512 * 1024 * 1024;
/// The longest request as a whole: 1 GiB, as in Redis (client-query-buffer-limit).
const LONGEST_REQUEST: usize = 1024 * 1024 * 1024;

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
            Reply::Error(message) => out.extend_from_slice(format!("-{message}\r\n").as_bytes()),
            Reply::Integer(number) => out.extend_from_slice(format!(":{number}\r\n").as_bytes()),
            Reply::Bulk(bytes) => encode_bulk(bytes, out),
            Reply::Nil => out.extend_from_slice(b"$-1\r\n"),
            Reply::NilArray => out.extend_from_slice(b"*-1\r\n"),
            Reply::Array(replies) => {
                out.extend_from_slice(format!("*{}\r\n", replies.len()).as_bytes());
                replies.iter().for_each(|reply| reply.encode(out));
            }
            Reply::Each(replies) => replies.iter().for_each(|reply| reply.encode(out)),
        }
    }
}

/// Appends a request to `out`, as a client would send it. This is also the form of the journal.
pub fn encode_request(words: &[Vec<u8>], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
    words.iter().for_each(|word| encode_bulk(word, out));
}

fn encode_bulk(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("${}\r\n", bytes.len()).as_bytes());
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\r\n");
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

fn take_array(bytes: &[u8]) -> Result<Option<(Request, usize)>, ProtocolError> {
    let Some((count, mut position)) = take_number(bytes, 1, "multibulk")? else { return Ok(None) };
    if count > i64::from(i32::MAX) {
        return Err(ProtocolError::new("invalid multibulk length"));
    }
    // `count` is a claim of the sender's. Nothing is allocated on the strength of it: the list grows with the words
    // that are really there, and these are copied only once the request is complete.
    let mut words: Vec<Range<usize>> = Vec::new();
    for _ in 0..count {
        match bytes.get(position) {
            None => return incomplete(bytes),
            Some(b'$') => {}
            Some(other) => {
                return Err(ProtocolError::new(format!("expected '$', got '{}'", other.escape_ascii())));
            }
        }
        let Some((length, start)) = take_number(bytes, position + 1, "bulk")? else { return incomplete(bytes) };
        let length = usize::try_from(length).ok().filter(|length| *length <= LONGEST_BULK);
        let length = length.ok_or_else(|| ProtocolError::new("invalid bulk length"))?;
        let end = start + length;
        if bytes.len() < end + 2 {
            return incomplete(bytes);
        }
        if &bytes[end..end + 2] != b"\r\n" {
            return Err(ProtocolError::new("a bulk string is longer than it says"));
        }
        words.push(start..end);
        position = end + 2;
    }
    Ok(Some((words.into_iter().map(|word| bytes[word].to_vec()).collect(), position)))
}

fn incomplete(bytes: &[u8]) -> Result<Option<(Request, usize)>, ProtocolError> {
    if bytes.len() > LONGEST_REQUEST { Err(ProtocolError::new("too big request")) } else { Ok(None) }
}

/// The number on the line that begins at `start`, and where the next line begins.
fn take_number(bytes: &[u8], start: usize, what: &str) -> Result<Option<(i64, usize)>, ProtocolError> {
    let rest = &bytes[start..];
    let Some(length) = rest.windows(2).take(LONGEST_LINE).position(|pair| pair == b"\r\n") else {
        if rest.len() > LONGEST_LINE {
            return Err(ProtocolError::new(format!("too big {what} count string")));
        }
        return Ok(None);
    };
    let number = integer(&rest[..length]).ok_or_else(|| ProtocolError::new(format!("invalid {what} length")))?;
    Ok(Some((number, start + length + 2)))
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
