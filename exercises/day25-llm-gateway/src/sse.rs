//! Where the events of a stream end. Everything here is bytes: a piece of a stream can end within a letter.

use bytes::{Bytes, BytesMut};

/// The longest event.
const LONGEST: usize = 1024 * 1024;

/// Collects pieces until they are events.
#[derive(Debug, Default)]
pub struct Events(BytesMut);

impl Events {
    /// The next event that is whole, with the empty line at its end.
    pub fn next(&mut self) -> Option<Bytes> {
        // Somebody has to put pieces into it, and to take out what is left at the end.
        todo!("the first event of {:?}, which has {LONGEST} bytes at most", self.0)
    }
}

/// The data of an event. That of a model is one line; of several there is a line feed between them.
pub fn data(event: &[u8]) -> Vec<u8> {
    todo!("what stands behind data: in {}", event.escape_ascii())
}
