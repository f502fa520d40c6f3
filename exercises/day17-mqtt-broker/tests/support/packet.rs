//! MQTT packets as bytes, read strictly: what the specification forbids a server to send is a failure.

use std::fmt;

/// What a server sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    ConnAck { session_present: bool, code: u8 },
    Publish(Publish),
    PubAck(u16),
    PubRec(u16),
    PubRel(u16),
    PubComp(u16),
    SubAck(u16, Vec<u8>),
    UnsubAck(u16),
    PingResp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    pub topic: String,
    pub payload: Vec<u8>,
    pub qos: u8,
    pub retain: bool,
    pub dup: bool,
    /// 0 for QoS 0, which has none.
    pub id: u16,
}

impl fmt::Display for Packet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Packet::ConnAck { session_present, code } => {
                write!(formatter, "CONNACK, session present {}, return code {code}", u8::from(*session_present))
            }
            Packet::Publish(publish) => publish.fmt(formatter),
            Packet::PubAck(id) => write!(formatter, "PUBACK id {id}"),
            Packet::PubRec(id) => write!(formatter, "PUBREC id {id}"),
            Packet::PubRel(id) => write!(formatter, "PUBREL id {id}"),
            Packet::PubComp(id) => write!(formatter, "PUBCOMP id {id}"),
            Packet::SubAck(id, codes) => write!(formatter, "SUBACK id {id}, return codes {codes:?}"),
            Packet::UnsubAck(id) => write!(formatter, "UNSUBACK id {id}"),
            Packet::PingResp => formatter.write_str("PINGRESP"),
        }
    }
}

impl fmt::Display for Publish {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", describe(&self.topic, &self.payload))?;
        write!(formatter, " QoS {}", self.qos)?;
        if self.qos > 0 {
            write!(formatter, " id {}", self.id)?;
        }
        formatter.write_str(if self.retain { " retain" } else { "" })?;
        formatter.write_str(if self.dup { " dup" } else { "" })
    }
}

/// A message in words, shortened.
pub fn describe(topic: &str, payload: &[u8]) -> String {
    let shown = payload[..payload.len().min(60)].escape_ascii();
    let rest = if payload.len() > 60 { format!("…({} bytes)", payload.len()) } else { String::new() };
    format!("PUBLISH {topic} \"{shown}\"{rest}")
}

/// The length of the packet at the front of `bytes`, or none while its end has not arrived. Nonsense counts as complete.
pub fn complete(bytes: &[u8]) -> Option<usize> {
    let (length, digits) = match remaining_length(bytes.get(1..)?) {
        Some(Ok(found)) => found,
        Some(Err(_)) => return Some(bytes.len()),
        None => return None,
    };
    let total = 1 + digits + length;
    (bytes.len() >= total).then_some(total)
}

fn remaining_length(bytes: &[u8]) -> Option<Result<(usize, usize), String>> {
    let mut length = 0;
    for (place, byte) in bytes.iter().take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            let padded = *byte == 0 && place > 0;
            return Some(if padded {
                Err("a length with a superfluous byte".to_owned())
            } else {
                Ok((length, place + 1))
            });
        }
    }
    (bytes.len() >= 4).then(|| Err("a remaining length of more than four bytes".to_owned()))
}

/// The packet that `bytes` are.
pub fn decode(bytes: &[u8]) -> Result<Packet, String> {
    let (&first, rest) = bytes.split_first().ok_or("nothing")?;
    let (length, digits) = remaining_length(rest).ok_or("half a packet")??;
    let mut body = rest.get(digits..digits + length).ok_or("half a packet")?;
    let (kind, flags) = (first >> 4, first & 0x0f);
    let wanted = if kind == 6 { 2 } else { 0 };
    if kind != 3 && flags != wanted {
        return Err(format!("reserved flags {flags:#06b} in a packet of kind {kind}"));
    }
    let packet = match kind {
        2 => match take(&mut body, 2)? {
            [acknowledge @ 0..=1, code @ 0..=5] if *code == 0 || *acknowledge == 0 => {
                Packet::ConnAck { session_present: *acknowledge == 1, code: *code }
            }
            _ => return Err("a CONNACK with values that do not exist".to_owned()),
        },
        3 => Packet::Publish(decode_publish(flags, &mut body)?),
        4 => Packet::PubAck(id(&mut body)?),
        5 => Packet::PubRec(id(&mut body)?),
        6 => Packet::PubRel(id(&mut body)?),
        7 => Packet::PubComp(id(&mut body)?),
        9 => Packet::SubAck(id(&mut body)?, std::mem::take(&mut body).to_vec()),
        11 => Packet::UnsubAck(id(&mut body)?),
        13 => Packet::PingResp,
        _ => return Err(format!("a packet of kind {kind}, which no server sends")),
    };
    if body.is_empty() { Ok(packet) } else { Err(format!("{packet}, and {} bytes too many", body.len())) }
}

fn decode_publish(flags: u8, body: &mut &[u8]) -> Result<Publish, String> {
    let (dup, qos, retain) = (flags & 8 != 0, flags >> 1 & 3, flags & 1 == 1);
    if qos == 3 || (qos == 0 && dup) {
        return Err(format!("a PUBLISH with the flags {flags:#06b}"));
    }
    let length = number(body)?;
    let topic = std::str::from_utf8(take(body, usize::from(length))?).map_err(|_| "a topic that is not UTF-8")?;
    if topic.is_empty() || topic.contains(['+', '#', '\0']) {
        return Err(format!("a PUBLISH to {topic:?}, which is no topic"));
    }
    let id = if qos > 0 { id(body)? } else { 0 };
    Ok(Publish { topic: topic.to_owned(), payload: std::mem::take(body).to_vec(), qos, retain, dup, id })
}

fn take<'a>(body: &mut &'a [u8], count: usize) -> Result<&'a [u8], String> {
    let (taken, rest) = body.split_at_checked(count).ok_or("a packet that is shorter than its fields")?;
    *body = rest;
    Ok(taken)
}

fn number(body: &mut &[u8]) -> Result<u16, String> {
    take(body, 2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
}

fn id(body: &mut &[u8]) -> Result<u16, String> {
    number(body).and_then(|id| if id == 0 { Err("the packet id 0".to_owned()) } else { Ok(id) })
}

/// A packet with this first byte and this body.
pub fn with_header(first: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let mut length = body.len();
    while length >= 0x80 {
        bytes.push(0x80 | (length & 0x7f) as u8);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend_from_slice(body);
    bytes
}

fn text(text: impl AsRef<[u8]>) -> Vec<u8> {
    let length = u16::try_from(text.as_ref().len()).expect("texts of tests are short");
    [&length.to_be_bytes(), text.as_ref()].concat()
}

/// PUBLISH
pub fn publish(publish: &Publish) -> Vec<u8> {
    let first = 0x30 | u8::from(publish.dup) << 3 | publish.qos << 1 | u8::from(publish.retain);
    let mut body = text(&publish.topic);
    if publish.qos > 0 {
        body.extend_from_slice(&publish.id.to_be_bytes());
    }
    body.extend_from_slice(&publish.payload);
    with_header(first, &body)
}

/// SUBSCRIBE
pub fn subscribe(id: u16, filters: &[(&str, u8)]) -> Vec<u8> {
    let filters = filters.iter().flat_map(|(filter, qos)| [text(filter), vec![*qos]].concat());
    with_header(0x82, &id.to_be_bytes().into_iter().chain(filters).collect::<Vec<_>>())
}

/// UNSUBSCRIBE
pub fn unsubscribe(id: u16, filters: &[&str]) -> Vec<u8> {
    let filters = filters.iter().flat_map(text);
    with_header(0xa2, &id.to_be_bytes().into_iter().chain(filters).collect::<Vec<_>>())
}

/// CONNECT
#[derive(Debug, Clone)]
pub struct Connect {
    pub client_id: String,
    pub clean_session: bool,
    pub keep_alive: u16,
    pub level: u8,
    pub will: Option<Publish>,
    pub user: Option<(String, String)>,
}

impl Connect {
    /// A clean session without keep alive.
    pub fn new(client_id: impl Into<String>) -> Connect {
        let client_id = client_id.into();
        Connect { client_id, clean_session: true, keep_alive: 0, level: 4, will: None, user: None }
    }

    /// A session that outlives its connection.
    pub fn persistent(client_id: impl Into<String>) -> Connect {
        Connect { clean_session: false, ..Connect::new(client_id) }
    }

    /// Seconds.
    pub fn keep_alive(self, keep_alive: u16) -> Connect {
        Connect { keep_alive, ..self }
    }

    pub fn level(self, level: u8) -> Connect {
        Connect { level, ..self }
    }

    pub fn will(self, topic: &str, payload: &str, qos: u8, retain: bool) -> Connect {
        let (topic, payload) = (topic.to_owned(), payload.as_bytes().to_vec());
        Connect { will: Some(Publish { topic, payload, qos, retain, dup: false, id: 0 }), ..self }
    }

    pub fn user(self, name: &str, password: &str) -> Connect {
        Connect { user: Some((name.to_owned(), password.to_owned())), ..self }
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut flags = u8::from(self.clean_session) << 1;
        let mut payload = text(&self.client_id);
        if let Some(will) = &self.will {
            flags |= 0x04 | will.qos << 3 | u8::from(will.retain) << 5;
            payload.extend([text(&will.topic), text(&will.payload)].concat());
        }
        if let Some((name, password)) = &self.user {
            flags |= 0xc0;
            payload.extend([text(name), text(password)].concat());
        }
        let head = [text("MQTT"), vec![self.level, flags], self.keep_alive.to_be_bytes().to_vec()].concat();
        with_header(0x10, &[head, payload].concat())
    }
}

impl fmt::Display for Connect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CONNECT as {:?}, clean session {}", self.client_id, u8::from(self.clean_session))?;
        if self.keep_alive > 0 {
            write!(formatter, ", keep alive {} s", self.keep_alive)?;
        }
        if self.level != 4 {
            write!(formatter, ", protocol level {}", self.level)?;
        }
        if let Some((name, password)) = &self.user {
            write!(formatter, ", user {name:?} with password {password:?}")?;
        }
        match &self.will {
            Some(will) => write!(formatter, ", will {will}"),
            None => Ok(()),
        }
    }
}
