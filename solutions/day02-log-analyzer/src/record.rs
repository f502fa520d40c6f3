//! One line of an access log in the combined format, taken apart.
//!
//! Everything is bytes: clients decide what stands in a request, and nothing makes them send valid UTF-8. A record borrows
//! from its line, so parsing copies nothing.

use crate::clock;
use jiff::Timestamp;

/// What the report needs of a line.
#[derive(Debug, PartialEq)]
pub struct Record<'a> {
    pub time: Timestamp,
    /// The request's target up to its `?`; `-` when the request has not the form `METHOD TARGET PROTOCOL`.
    pub path: &'a [u8],
    pub status: u16,
    pub bytes: u64,
    /// How long the request took, where the line has such a field.
    pub milliseconds: Option<u64>,
}

impl<'a> Record<'a> {
    /// Takes apart `ADDRESS IDENT USER [TIME] "REQUEST" STATUS BYTES "REFERER" "AGENT"`. None for anything else.
    pub fn parse(line: &'a [u8]) -> Option<Record<'a>> {
        let mut line = Scanner { rest: line };
        let _address = line.word()?;
        let _ident = line.word()?;
        // A user may be called "john doe": the name ends where the time begins.
        let _user = line.until(b'[')?.strip_suffix(b" ")?;
        let time = clock::parse(line.until(b']')?)?;
        line.skip(b" \"")?;
        let path = path(line.quoted()?);
        line.skip(b" ")?;
        let status = line.word().filter(|word| word.len() == 3 && word[0] != b'0').and_then(number)?;
        let bytes = match line.word()? {
            b"-" => 0,
            digits => number(digits)?,
        };
        line.skip(b"\"")?;
        let _referer = line.quoted()?;
        line.skip(b" \"")?;
        let _agent = line.quoted()?;
        let milliseconds = match line.rest {
            [] => None,
            [b' ', fields @ ..] => fields.split(|&byte| byte == b' ').next().and_then(milliseconds),
            _ => return None,
        };
        Some(Record { time, path, status: u16::try_from(status).ok()?, bytes, milliseconds })
    }
}

/// What has not been read of a line. Each method takes a piece from the front, or says None where the line is not as
/// expected.
struct Scanner<'a> {
    rest: &'a [u8],
}

impl<'a> Scanner<'a> {
    /// Everything before the next `end`, which is dropped.
    fn until(&mut self, end: u8) -> Option<&'a [u8]> {
        let at = self.rest.iter().position(|&byte| byte == end)?;
        let piece = &self.rest[..at];
        self.rest = &self.rest[at + 1..];
        Some(piece)
    }

    /// A word, which has at least one byte, and the space after it.
    fn word(&mut self) -> Option<&'a [u8]> {
        self.until(b' ').filter(|word| !word.is_empty())
    }

    /// Drops exactly these bytes.
    fn skip(&mut self, expected: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(expected)?;
        Some(())
    }

    /// Everything before the closing quote, which is dropped. A backslash takes the next byte with it, so the quote of `\"`
    /// closes nothing, and the one after `\\` does.
    fn quoted(&mut self) -> Option<&'a [u8]> {
        let mut at = 0;
        loop {
            match self.rest.get(at)? {
                b'"' => break,
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        let piece = &self.rest[..at];
        self.rest = &self.rest[at + 1..];
        Some(piece)
    }
}

/// The path of a request line.
fn path(request: &[u8]) -> &[u8] {
    let mut words = request.split(|&byte| byte == b' ');
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(_method), Some(target), Some(_protocol), None) => {
            target.split(|&byte| byte == b'?').next().unwrap_or(target)
        }
        _ => b"-",
    }
}

/// Decimal digits and nothing else, as a number that fits.
pub fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, &byte| match byte {
        b'0'..=b'9' => number.checked_mul(10)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
}

/// nginx's `$request_time`: seconds, a point and exactly three digits.
fn milliseconds(field: &[u8]) -> Option<u64> {
    let (seconds, [b'.', thousandths @ ..]) = field.split_at_checked(field.len().checked_sub(4)?)? else { return None };
    number(seconds)?.checked_mul(1000)?.checked_add(number(thousandths)?)
}
