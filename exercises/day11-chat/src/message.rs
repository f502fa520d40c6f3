//! What clients and the server say to each other: one JSON object in each text message.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, sync::Arc};

/// Longer names are none.
const NAME_BYTES: usize = 32;
/// Longer texts are refused.
const TEXT_CHARS: usize = 4000;

/// What a client can ask for.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Request {
    Join {
        room: String,
        /// The last message that the client has seen there.
        after: Option<u64>,
    },
    Leave {
        room: String,
    },
    Say {
        room: String,
        text: String,
    },
    Direct {
        to: String,
        text: String,
    },
}

/// What the server tells a client.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Event<'a> {
    Joined {
        room: &'a str,
        /// In alphabetical order, with the one who has joined.
        members: &'a BTreeSet<String>,
        messages: Vec<Arc<Said>>,
        /// Messages after the last one seen are not remembered any more.
        missed: bool,
    },
    Left {
        room: &'a str,
    },
    Presence {
        room: &'a str,
        user: &'a str,
        state: Presence,
    },
    Direct {
        from: &'a str,
        to: &'a str,
        text: &'a str,
        at: Timestamp,
    },
    Error {
        code: Code,
        detail: &'a str,
    },
}

/// A message to a room.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "message")]
pub struct Said {
    pub room: String,
    /// 1, 2, 3 … in each room.
    pub id: u64,
    pub from: String,
    pub text: String,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    Joined,
    Left,
}

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    Invalid,
    NotInRoom,
    NoSuchUser,
}

/// A request that was refused, with the reason for the client.
#[derive(Debug)]
pub struct Refusal(pub Code, pub String);

/// Why a text message is no request.
#[derive(Debug)]
pub enum Unreadable {
    /// Not even JSON.
    NotJson,
    /// JSON that asks for nothing that there is, or breaks a limit.
    Refused(Refusal),
}

impl Request {
    /// Reads a request and checks the limits.
    ///
    /// # Errors
    /// [`Unreadable`]
    pub fn read(text: &str) -> Result<Request, Unreadable> {
        let value: serde_json::Value = serde_json::from_str(text).map_err(|_| Unreadable::NotJson)?;
        let refused = |why: String| Unreadable::Refused(Refusal(Code::Invalid, why));
        let request = serde_json::from_value(value).map_err(|error| refused(error.to_string()))?;
        let (name, text) = match &request {
            Request::Join { room, .. } | Request::Leave { room } => (room, None),
            Request::Say { room, text } => (room, Some(text)),
            Request::Direct { to, text } => (to, Some(text)),
        };
        if !is_name(name) {
            return Err(refused("a name is 1 to 32 letters, digits, - or _".to_owned()));
        }
        if text.is_some_and(String::is_empty) {
            return Err(refused(format!("a text has 1 to {TEXT_CHARS} characters")));
        }
        Ok(request)
    }
}

/// Whether a user or a room can have this name.
pub fn is_name(text: &str) -> bool {
    todo!("say whether {text:?} has 1 to {NAME_BYTES} of the characters that are allowed")
}
