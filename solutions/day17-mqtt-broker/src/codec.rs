//! MQTT 3.1.1 packets as bytes. The numbers in brackets are sections of the specification.
//!
//! A packet is one byte with its kind and four flags, the *remaining length* in one to four bytes, and so many bytes of
//! body. TCP cuts the stream wherever it likes, which is why [`take_packet`] starts at the front of a buffer and says
//! "not complete yet" instead of reading by itself.

use crate::topic;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use thiserror::Error;

/// The largest remaining length that is taken. The protocol allows 256 MB, which is a lot to give to a stranger.
pub const LARGEST_PACKET: usize = 1024 * 1024;

/// The number that ties an acknowledgement to its packet. Never 0 on the wire.
pub type PacketId = u16;

/// Quality of service [4.3]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Qos {
    /// At most once: sent, and forgotten.
    Zero,
    /// At least once: acknowledged.
    One,
    /// Exactly once: acknowledged, and the acknowledgement is, too.
    Two,
}

impl Qos {
    fn from_bits(bits: u8) -> Result<Qos, DecodeError> {
        match bits {
            0 => Ok(Qos::Zero),
            1 => Ok(Qos::One),
            2 => Ok(Qos::Two),
            _ => Err(DecodeError::Malformed("there is no such quality of service")),
        }
    }
}

/// An application message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Message {
    pub topic: String,
    #[serde(with = "base64")]
    pub payload: Vec<u8>,
    pub qos: Qos,
    pub retain: bool,
}

/// CONNECT [3.1]
#[derive(Debug)]
pub struct Connect {
    pub client_id: String,
    pub clean_session: bool,
    /// In seconds; 0 is for ever.
    pub keep_alive: u16,
    pub will: Option<Message>,
    pub user_name: Option<String>,
    pub password: Option<Vec<u8>>,
}

/// What clients send.
#[derive(Debug)]
pub enum FromClient {
    Connect(Connect),
    /// The id is 0 for a message of [`Qos::Zero`], which has none.
    Publish(PacketId, Message),
    PubAck(PacketId),
    PubRec(PacketId),
    PubRel(PacketId),
    PubComp(PacketId),
    Subscribe(PacketId, Vec<(String, Qos)>),
    Unsubscribe(PacketId, Vec<String>),
    PingReq,
    Disconnect,
}

/// Why a CONNECT was refused [3.2.2.3]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    ProtocolVersion = 1,
    Identifier = 2,
    NotAuthorized = 5,
}

/// What the broker sends.
#[derive(Debug)]
pub enum ToClient {
    Accepted {
        session_present: bool,
    },
    Refused(Refusal),
    Publish {
        message: Arc<Message>,
        /// Of this delivery, at most the message's own.
        qos: Qos,
        retain: bool,
        duplicate: bool,
        /// Without meaning for [`Qos::Zero`].
        id: PacketId,
    },
    PubAck(PacketId),
    PubRec(PacketId),
    PubRel(PacketId),
    PubComp(PacketId),
    SubAck(PacketId, Vec<Qos>),
    UnsubAck(PacketId),
    PingResp,
}

/// The bytes are no packet for us. Nothing that follows them can be trusted, so the connection ends.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum DecodeError {
    #[error("malformed packet: {0}")]
    Malformed(&'static str),
    /// The only one that is answered: CONNACK with [`Refusal::ProtocolVersion`].
    #[error("protocol level {0} is not spoken here")]
    ProtocolLevel(u8),
}

/// The packet at the front of `bytes` and how many bytes it takes, or none while its end has not arrived.
///
/// # Errors
/// As soon as the bytes that are there cannot become a packet, whatever may follow.
pub fn take_packet(bytes: &[u8]) -> Result<Option<(FromClient, usize)>, DecodeError> {
    let Some((&first, rest)) = bytes.split_first() else { return Ok(None) };
    let (kind, flags) = (first >> 4, first & 0x0f);
    check_flags(kind, flags)?;
    let Some((length, digits)) = take_length(rest)? else { return Ok(None) };
    if length > LARGEST_PACKET {
        return Err(DecodeError::Malformed("the packet is too large"));
    }
    let end = 1 + digits + length;
    // `length` is a claim of the sender's: nothing is reserved on the strength of it.
    let Some(body) = bytes.get(1 + digits..end) else { return Ok(None) };
    let mut body = Body(body);
    let packet = match kind {
        1 => FromClient::Connect(body.connect()?),
        3 => body.publish(flags)?,
        4 => FromClient::PubAck(body.id()?),
        5 => FromClient::PubRec(body.id()?),
        6 => FromClient::PubRel(body.id()?),
        7 => FromClient::PubComp(body.id()?),
        8 => FromClient::Subscribe(body.id()?, body.list(|body| Ok((body.filter()?, Qos::from_bits(body.byte()?)?)))?),
        10 => FromClient::Unsubscribe(body.id()?, body.list(Body::filter)?),
        12 => FromClient::PingReq,
        14 => FromClient::Disconnect,
        _ => return Err(DecodeError::Malformed("clients do not send packets of this kind")),
    };
    if body.0.is_empty() { Ok(Some((packet, end))) } else { Err(DecodeError::Malformed("bytes are left over")) }
}

/// The flags beside a packet's kind are fixed for all but PUBLISH [2.2.2].
fn check_flags(kind: u8, flags: u8) -> Result<(), DecodeError> {
    let wanted = match kind {
        // The duplicate flag makes no sense without an acknowledgement [3.3.1.1].
        3 if flags & 0b1110 == 0b1000 => return Err(DecodeError::Malformed("QoS 0 and yet a duplicate")),
        3 => return Ok(()),
        6 | 8 | 10 => 0b0010,
        _ => 0,
    };
    if flags == wanted { Ok(()) } else { Err(DecodeError::Malformed("reserved flags")) }
}

/// The remaining length at the front of `bytes` and how many bytes it takes: seven bits a byte, the lowest first, the
/// eighth says that another follows, at most four [2.2.3].
fn take_length(bytes: &[u8]) -> Result<Option<(usize, usize)>, DecodeError> {
    let mut length = 0;
    for (place, byte) in bytes.iter().enumerate().take(4) {
        length |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Ok(Some((length, place + 1)));
        }
    }
    if bytes.len() < 4 { Ok(None) } else { Err(DecodeError::Malformed("a length of more than four bytes")) }
}

/// What is left of a packet's body.
#[derive(Debug, Clone, Copy)]
struct Body<'a>(&'a [u8]);

impl<'a> Body<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(DecodeError::Malformed("the packet is too short"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, DecodeError> {
        self.bytes(1).map(|bytes| bytes[0])
    }

    fn number(&mut self) -> Result<u16, DecodeError> {
        self.bytes(2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn id(&mut self) -> Result<PacketId, DecodeError> {
        let id = self.number()?;
        if id == 0 { Err(DecodeError::Malformed("0 is no packet id")) } else { Ok(id) }
    }

    fn binary(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = self.number()?;
        self.bytes(usize::from(length))
    }

    /// A string [1.5.3]: UTF-8 without U+0000.
    fn text(&mut self) -> Result<String, DecodeError> {
        let text = std::str::from_utf8(self.binary()?).map_err(|_| DecodeError::Malformed("text that is not UTF-8"))?;
        if text.contains('\0') {
            return Err(DecodeError::Malformed("text with U+0000"));
        }
        Ok(text.to_owned())
    }

    fn topic(&mut self) -> Result<String, DecodeError> {
        let name = self.text()?;
        if topic::is_name(&name) { Ok(name) } else { Err(DecodeError::Malformed("not a topic name")) }
    }

    fn filter(&mut self) -> Result<String, DecodeError> {
        let filter = self.text()?;
        if topic::is_filter(&filter) { Ok(filter) } else { Err(DecodeError::Malformed("not a topic filter")) }
    }

    /// Items until the body ends, at least one.
    fn list<T>(&mut self, item: impl Fn(&mut Self) -> Result<T, DecodeError>) -> Result<Vec<T>, DecodeError> {
        let mut items = vec![item(self)?];
        while !self.0.is_empty() {
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn publish(&mut self, flags: u8) -> Result<FromClient, DecodeError> {
        let qos = Qos::from_bits(flags >> 1 & 0b11)?;
        let topic = self.topic()?;
        let id = if qos == Qos::Zero { 0 } else { self.id()? };
        let payload = std::mem::take(&mut self.0).to_vec();
        Ok(FromClient::Publish(id, Message { topic, payload, qos, retain: flags & 1 == 1 }))
    }

    fn connect(&mut self) -> Result<Connect, DecodeError> {
        if self.text()? != "MQTT" {
            return Err(DecodeError::Malformed("another protocol"));
        }
        let level = self.byte()?;
        if level != 4 {
            return Err(DecodeError::ProtocolLevel(level));
        }
        let flags = self.byte()?;
        let has = |bit: u8| flags & bit != 0;
        let (will_bits, password_without_user) = (flags & 0b0011_1000, has(0x40) && !has(0x80));
        if has(0x01) || (!has(0x04) && will_bits != 0) || password_without_user {
            return Err(DecodeError::Malformed("contradictory connect flags"));
        }
        let will_qos = Qos::from_bits(will_bits >> 3 & 0b11)?;
        let keep_alive = self.number()?;
        let client_id = self.text()?;
        let will = if has(0x04) {
            let (topic, payload) = (self.topic()?, self.binary()?.to_vec());
            Some(Message { topic, payload, qos: will_qos, retain: has(0x20) })
        } else {
            None
        };
        let user_name = if has(0x80) { Some(self.text()?) } else { None };
        let password = if has(0x40) { Some(self.binary()?.to_vec()) } else { None };
        Ok(Connect { client_id, clean_session: has(0x02), keep_alive, will, user_name, password })
    }
}

impl ToClient {
    /// Appends the bytes of this packet to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            ToClient::Accepted { session_present } => packet(out, 0x20, &[&[u8::from(*session_present), 0]]),
            ToClient::Refused(refusal) => packet(out, 0x20, &[&[0, *refusal as u8]]),
            ToClient::Publish { message, qos, retain, duplicate, id } => {
                let first = 0x30 | u8::from(*duplicate) << 3 | (*qos as u8) << 1 | u8::from(*retain);
                // A topic came in with a length of two bytes, so it fits into one again.
                let length = u16::try_from(message.topic.len()).unwrap_or(u16::MAX).to_be_bytes();
                let id = id.to_be_bytes();
                let id: &[u8] = if *qos == Qos::Zero { &[] } else { &id };
                packet(out, first, &[&length, message.topic.as_bytes(), id, &message.payload]);
            }
            ToClient::PubAck(id) => packet(out, 0x40, &[&id.to_be_bytes()]),
            ToClient::PubRec(id) => packet(out, 0x50, &[&id.to_be_bytes()]),
            ToClient::PubRel(id) => packet(out, 0x62, &[&id.to_be_bytes()]),
            ToClient::PubComp(id) => packet(out, 0x70, &[&id.to_be_bytes()]),
            ToClient::SubAck(id, granted) => {
                let granted: Vec<u8> = granted.iter().map(|qos| *qos as u8).collect();
                packet(out, 0x90, &[&id.to_be_bytes(), &granted]);
            }
            ToClient::UnsubAck(id) => packet(out, 0xb0, &[&id.to_be_bytes()]),
            ToClient::PingResp => packet(out, 0xd0, &[]),
        }
    }
}

fn packet(out: &mut Vec<u8>, first: u8, parts: &[&[u8]]) {
    out.push(first);
    let mut length: usize = parts.iter().map(|part| part.len()).sum();
    while length >= 0x80 {
        out.push(0x80 | (length & 0x7f) as u8);
        length >>= 7;
    }
    out.push(length as u8);
    parts.iter().for_each(|part| out.extend_from_slice(part));
}

/// Payloads in the journal, which is text.
mod base64 {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&data_encoding::BASE64.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        data_encoding::BASE64.decode(String::deserialize(deserializer)?.as_bytes()).map_err(D::Error::custom)
    }
}
