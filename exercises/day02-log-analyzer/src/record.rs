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
        todo!("after {time} and {}, take the fields from {}", path.escape_ascii(), line.rest.escape_ascii())
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
        todo!("everything up to the closing quote in {}", self.rest.escape_ascii())
    }
}

/// The path of a request line: its second word, up to the `?`. `-` when there are not three words.
fn path(request: &[u8]) -> &[u8] {
    todo!("the path of {}, or - if it has not three words", request.escape_ascii())
}

/// Decimal digits and nothing else, as a number that fits.
pub fn number(digits: &[u8]) -> Option<u64> {
    todo!("{} as a number", digits.escape_ascii())
}
