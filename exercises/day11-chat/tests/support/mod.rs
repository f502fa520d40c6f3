//! What the tests of this day share: a chat, and people in it.

use harness::{Launch, Program, Random};
use harness_net::{WebSocket, eventually, websocket::Refused};
use serde_json::{Value, json};
use std::time::Duration;

/// As long as a test waits for something at most.
const PATIENCE: Duration = Duration::from_secs(10);

/// A program to talk in.
#[derive(Debug)]
pub struct Chat {
    pub program: Program,
}

impl Chat {
    pub fn start(arguments: &[&str]) -> Chat {
        Chat { program: Launch::service().args(arguments).start() }
    }

    /// Somebody new.
    pub async fn enter(&self, name: &str) -> Person {
        let socket = WebSocket::open(self.program.address(), &path(name)).await;
        Person { name: name.to_owned(), socket }
    }

    /// Somebody new, in a room, whose presence those who are there already have heard of.
    pub async fn enter_room(&self, name: &str, room: &str, there: &mut [&mut Person]) -> Person {
        let mut person = self.enter(name).await;
        person.join(room).await;
        for other in there {
            other.hears_presence(room, name, "joined").await;
        }
        person
    }

    /// Tries to come in.
    pub async fn try_enter(&self, name: &str) -> Result<WebSocket, Refused> {
        WebSocket::try_open(self.program.address(), &path(name)).await
    }

    /// Comes in as soon as nobody else has the name any more.
    pub async fn enter_again(&self, name: &str) -> Person {
        let socket = eventually("a name is free when its connection has ended", PATIENCE, || async {
            self.try_enter(name).await.ok()
        })
        .await;
        Person { name: name.to_owned(), socket }
    }
}

/// Where somebody with this name comes in.
pub fn path(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let encode = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    format!("/ws?name={}", name.bytes().map(encode).collect::<String>())
}

/// A connected client.
#[derive(Debug)]
pub struct Person {
    pub name: String,
    pub socket: WebSocket,
}

impl Person {
    pub async fn send(&mut self, message: &Value) {
        self.socket.send(message).await;
    }

    /// Joins a room, and returns the answer.
    pub async fn join(&mut self, room: &str) -> Value {
        self.send(&json!({"type": "join", "room": room})).await;
        self.hears("join is answered with joined", &json!({"type": "joined", "room": room})).await
    }

    /// Joins a room again with the last message seen there, and returns the answer.
    pub async fn resume(&mut self, room: &str, after: u64) -> Value {
        self.send(&json!({"type": "join", "room": room, "after": after})).await;
        self.hears("join is answered with joined", &json!({"type": "joined", "room": room})).await
    }

    pub async fn leave(&mut self, room: &str) {
        self.send(&json!({"type": "leave", "room": room})).await;
        self.hears("leave is answered with left", &json!({"type": "left", "room": room})).await;
    }

    /// Says something, and waits for nothing.
    pub async fn say(&mut self, room: &str, text: &str) {
        self.send(&json!({"type": "say", "room": room, "text": text})).await;
    }

    pub async fn direct(&mut self, to: &str, text: &str) {
        self.send(&json!({"type": "direct", "to": to, "text": text})).await;
    }

    /// The next message has at least these members, with these values. Returns it.
    pub async fn hears(&mut self, requirement: &str, wanted: &Value) -> Value {
        let message = self.socket.next(requirement).await;
        let members = wanted.as_object().into_iter().flatten();
        if members.clone().any(|(name, value)| message.get(name) != Some(value)) {
            self.socket.fail(requirement, &wanted.to_string(), &message);
        }
        message
    }

    /// The next message is what somebody said in a room.
    pub async fn hears_said(&mut self, requirement: &str, room: &str, from: &str, text: &str) -> Value {
        self.hears(requirement, &json!({"type": "message", "room": room, "from": from, "text": text})).await
    }

    /// The next message is about somebody who came or went.
    pub async fn hears_presence(&mut self, room: &str, user: &str, state: &str) {
        let wanted = json!({"type": "presence", "room": room, "user": user, "state": state});
        self.hears("those in a room are told who joins and who leaves", &wanted).await;
    }

    /// Nothing is left to be heard: whatever was sent to this client before is known to it.
    pub async fn hears_nothing_else(&mut self, requirement: &str) {
        let name = self.name.clone();
        self.direct(&name, "is that all?").await;
        self.hears(requirement, &json!({"type": "direct", "from": name, "text": "is that all?"})).await;
    }
}

/// What was said, as texts, from a `joined`.
pub fn texts(joined: &Value) -> Vec<String> {
    let messages = joined["messages"].as_array().cloned().unwrap_or_default();
    messages.iter().map(|message| message["text"].as_str().unwrap_or("(no text)").to_owned()).collect()
}

/// A name that can be used for users and rooms.
pub fn name(random: &mut Random) -> String {
    format!("{}-{}", random.word(), random.between(0..=9999))
}
