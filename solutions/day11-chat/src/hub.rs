//! Who is connected, and who hears what.
//!
//! One lock guards it all, and what it guards is done without waiting: each client has a queue, and whoever speaks only
//! puts messages into queues. So everybody in a room gets the messages in the same order, and a client that does not read
//! holds up nobody.

use crate::{
    chat::Chat,
    message::{Code, Event, Presence, Refusal, Request, Said},
    room::Room,
};
use axum::extract::ws::Utf8Bytes;
use jiff::Timestamp;
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::task_tracker::TaskTrackerToken};

/// Users and rooms.
#[derive(Debug)]
pub struct Hub {
    /// Messages that a room remembers.
    history: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    users: BTreeMap<String, User>,
    rooms: BTreeMap<String, Room>,
}

#[derive(Debug)]
struct User {
    queue: mpsc::Sender<Utf8Bytes>,
    overflow: CancellationToken,
    rooms: BTreeSet<String>,
}

/// What a connection reads from.
#[derive(Debug)]
pub struct Mailbox {
    /// What its client is to be sent, in order.
    pub queue: mpsc::Receiver<Utf8Bytes>,
    /// Cancelled when the queue was full: the client has missed something and cannot go on.
    pub overflow: CancellationToken,
    /// The connection counts as open until this is dropped.
    pub open: TaskTrackerToken,
}

/// A user's place. The name is taken until this is dropped, and then all rooms are left.
#[derive(Debug)]
pub struct Seat {
    hub: Arc<Hub>,
    name: String,
}

impl Seat {
    /// Takes the place of `name`, or nothing when somebody has it already.
    pub fn take(chat: &Chat, name: &str) -> Option<(Seat, Mailbox)> {
        let (sender, receiver) = mpsc::channel(chat.settings.queue);
        let overflow = CancellationToken::new();
        let mut state = chat.hub.lock();
        if state.users.contains_key(name) {
            return None;
        }
        let user = User { queue: sender, overflow: overflow.clone(), rooms: BTreeSet::new() };
        state.users.insert(name.to_owned(), user);
        let seat = Seat { hub: Arc::clone(&chat.hub), name: name.to_owned() };
        Some((seat, Mailbox { queue: receiver, overflow, open: chat.connections.token() }))
    }

    /// Does what the user asks for. The answer goes through the user's queue, like everything else.
    pub fn ask(&self, request: Request) {
        let mut state = self.hub.lock();
        let outcome = match request {
            Request::Join { room, after } => {
                state.join(&self.name, &room, after);
                Ok(())
            }
            Request::Leave { room } => state.leave(&self.name, &room),
            Request::Say { room, text } => state.say(&self.name, &room, text, self.hub.history),
            Request::Direct { to, text } => state.direct(&self.name, &to, &text),
        };
        if let Err(refusal) = outcome {
            state.refuse(&self.name, &refusal);
        }
    }

    /// Tells the user why something cannot be done.
    pub fn refuse(&self, refusal: &Refusal) {
        self.hub.lock().refuse(&self.name, refusal);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.hub.lock();
        if let Some(user) = state.users.remove(&self.name) {
            for room in &user.rooms {
                state.step_out(&self.name, room);
            }
        }
    }
}

impl Hub {
    /// A hub whose rooms remember so many messages each.
    pub fn new(history: usize) -> Hub {
        Hub { history, state: Mutex::default() }
    }

    /// A panic elsewhere leaves nothing half done behind this lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn join(&mut self, name: &str, room: &str, after: Option<u64>) {
        let is_new = self.users.get_mut(name).is_some_and(|user| user.rooms.insert(room.to_owned()));
        if is_new {
            self.tell_room(room, &Event::Presence { room, user: name, state: Presence::Joined });
        }
        let entered = self.rooms.entry(room.to_owned()).or_default();
        entered.members.insert(name.to_owned());
        let (messages, missed) = entered.since(after);
        let joined = encode(&Event::Joined { room, members: &entered.members, messages, missed });
        self.tell(name, joined);
    }

    fn leave(&mut self, name: &str, room: &str) -> Result<(), Refusal> {
        let was_in = self.users.get_mut(name).is_some_and(|user| user.rooms.remove(room));
        if !was_in {
            return Err(not_in_room(room));
        }
        self.step_out(name, room);
        self.tell(name, encode(&Event::Left { room }));
        Ok(())
    }

    /// Takes a user out of a room and tells those who stay.
    fn step_out(&mut self, name: &str, room: &str) {
        let Some(left) = self.rooms.get_mut(room) else { return };
        left.members.remove(name);
        if left.is_blank() {
            self.rooms.remove(room);
        }
        self.tell_room(room, &Event::Presence { room, user: name, state: Presence::Left });
    }

    fn say(&mut self, name: &str, room: &str, text: String, history: usize) -> Result<(), Refusal> {
        let spoken_in = self.rooms.get_mut(room).filter(|room| room.members.contains(name));
        let Some(spoken_in) = spoken_in else { return Err(not_in_room(room)) };
        let (room_name, from) = (room.to_owned(), name.to_owned());
        let said = Arc::new(Said { room: room_name, id: spoken_in.next_id(), from, text, at: Timestamp::now() });
        spoken_in.remember(Arc::clone(&said), history);
        self.tell_room(room, &*said);
        Ok(())
    }

    fn direct(&mut self, from: &str, to: &str, text: &str) -> Result<(), Refusal> {
        if !self.users.contains_key(to) {
            return Err(Refusal(Code::NoSuchUser, format!("{to} is not here")));
        }
        let message = encode(&Event::Direct { from, to, text, at: Timestamp::now() });
        self.tell(to, message.clone());
        if from != to {
            self.tell(from, message);
        }
        Ok(())
    }

    fn refuse(&self, name: &str, Refusal(code, detail): &Refusal) {
        self.tell(name, encode(&Event::Error { code: *code, detail }));
    }

    /// Tells everybody in a room. It is encoded once, and the copies share the bytes.
    fn tell_room(&self, room: &str, event: &impl Serialize) {
        let message = encode(event);
        let members = self.rooms.get(room).into_iter().flat_map(|room| &room.members);
        members.for_each(|member| self.tell(member, message.clone()));
    }

    /// Puts a message into a user's queue. When that is full, the client is too slow: it would miss something without
    /// knowing, so it has to go.
    fn tell(&self, name: &str, message: Utf8Bytes) {
        let Some(user) = self.users.get(name) else { return };
        if user.queue.try_send(message).is_err() {
            user.overflow.cancel();
        }
    }
}

fn not_in_room(room: &str) -> Refusal {
    Refusal(Code::NotInRoom, format!("you are not in {room}"))
}

fn encode(event: &impl Serialize) -> Utf8Bytes {
    // Text, numbers and lists of them can always be written as JSON.
    serde_json::to_string(event).unwrap_or_default().into()
}
