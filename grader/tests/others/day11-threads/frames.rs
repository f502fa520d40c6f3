//! Frames of WebSockets (RFC 6455, section 5), and why a connection has to end.

use std::io::{self, Read};

pub const LIMIT: u64 = 64 * 1024;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// What a client has sent.
pub enum Incoming {
    Text(String),
    Ping(Vec<u8>),
    Pong,
}

/// Why nothing more is read.
pub enum End {
    /// The connection has broken, or nothing came for too long.
    Broken,
    /// The client wants to end, or has to be told why we do.
    Close(Option<u16>),
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> End {
        End::Broken
    }
}

/// The message that is being put together.
#[derive(Default)]
pub struct Reader {
    parts: Option<Vec<u8>>,
}

impl Reader {
    /// The next message, ping or pong.
    pub fn next(&mut self, from: &mut impl Read) -> Result<Incoming, End> {
        loop {
            let [first, second] = array(from)?;
            let (is_last, code) = (first & 0x80 != 0, first & 0x0f);
            let is_control = code >= CLOSE;
            // Reserved bits, no mask, or a control frame in parts.
            if first & 0x70 != 0 || second & 0x80 == 0 || (is_control && (!is_last || second & 0x7f > 125)) {
                return Err(End::Close(Some(1002)));
            }
            let length = match second & 0x7f {
                126 => u64::from(u16::from_be_bytes(array(from)?)),
                127 => u64::from_be_bytes(array(from)?),
                short => u64::from(short),
            };
            match (code, self.parts.is_some()) {
                (0, true) | (TEXT, false) | (CLOSE | PING | PONG, _) => {}
                (BINARY, false) => return Err(End::Close(Some(1003))),
                _ => return Err(End::Close(Some(1002))),
            }
            let before = self.parts.as_ref().map_or(0, Vec::len) as u64;
            if !is_control && length > LIMIT - before {
                return Err(End::Close(Some(1009)));
            }
            let mask: [u8; 4] = array(from)?;
            let mut payload = Vec::new();
            if from.take(length).read_to_end(&mut payload)? as u64 != length {
                return Err(End::Broken);
            }
            for (at, byte) in payload.iter_mut().enumerate() {
                *byte ^= mask[at % 4];
            }
            match code {
                CLOSE => return Err(End::Close(answer_to(&payload))),
                PING => return Ok(Incoming::Ping(payload)),
                PONG => return Ok(Incoming::Pong),
                _ => {}
            }
            let parts = self.parts.get_or_insert_default();
            parts.extend_from_slice(&payload);
            if is_last {
                let bytes = self.parts.take().unwrap_or_default();
                return String::from_utf8(bytes).map(Incoming::Text).map_err(|_| End::Close(Some(1007)));
            }
        }
    }
}

/// The code with which a close frame is answered: the same, if there may be such a one.
fn answer_to(payload: &[u8]) -> Option<u16> {
    match payload {
        [] => None,
        [high, low, reason @ ..] => match u16::from_be_bytes([*high, *low]) {
            _ if std::str::from_utf8(reason).is_err() => Some(1007),
            code @ (1000..=1003 | 1007..=1014 | 3000..=4999) => Some(code),
            _ => Some(1002),
        },
        [_] => Some(1002),
    }
}

pub fn text(message: &str) -> Vec<u8> {
    frame(TEXT, message.as_bytes())
}

pub fn ping() -> Vec<u8> {
    frame(PING, b"")
}

pub fn pong(payload: &[u8]) -> Vec<u8> {
    frame(PONG, payload)
}

pub fn close(code: Option<u16>) -> Vec<u8> {
    frame(CLOSE, code.map(u16::to_be_bytes).as_ref().map_or(&[], |code| &code[..]))
}

fn frame(code: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x80 | code];
    match payload.len() {
        short @ 0..=125 => bytes.push(short as u8),
        middle @ 126..=0xffff => {
            bytes.push(126);
            bytes.extend_from_slice(&(middle as u16).to_be_bytes());
        }
        long => {
            bytes.push(127);
            bytes.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(payload);
    bytes
}

fn array<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}
