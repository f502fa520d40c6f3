//! Where the events of a stream end. Everything here is bytes: a piece of a stream can end within a letter.

use bytes::{Bytes, BytesMut};

/// The longest event.
const LONGEST: usize = 1024 * 1024;

/// Collects pieces until they are events.
#[derive(Debug, Default)]
pub struct Events(BytesMut);

/// An event does not end.
#[derive(Debug)]
pub struct TooLong;

impl Events {
    /// One more piece, wherever it was cut.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), TooLong> {
        self.0.extend_from_slice(piece);
        match self.0.len() > LONGEST && end(&self.0).is_none() {
            true => Err(TooLong),
            false => Ok(()),
        }
    }

    /// The next event that is whole, with the empty line at its end.
    pub fn next(&mut self) -> Option<Bytes> {
        end(&self.0).map(|end| self.0.split_to(end).freeze())
    }

    /// What is left when the stream has ended.
    pub fn rest(&mut self) -> Option<Bytes> {
        (!self.0.is_empty()).then(|| self.0.split().freeze())
    }
}

/// Where the first event ends: behind the first line that is empty. Lines end with a line feed, perhaps with a carriage
/// return before it.
fn end(bytes: &[u8]) -> Option<usize> {
    let mut line = 0;
    for (place, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
        if matches!(&bytes[line..place], b"" | b"\r") {
            return Some(place + 1);
        }
        line = place + 1;
    }
    None
}

/// The data of an event. That of a model is one line; of several there is a line feed between them.
pub fn data(event: &[u8]) -> Vec<u8> {
    let lines = event.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let values = lines.filter_map(|line| line.strip_prefix(b"data:"));
    let values: Vec<_> = values.map(|value| value.strip_prefix(b" ").unwrap_or(value)).collect();
    values.join(&b'\n')
}
