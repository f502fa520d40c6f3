//! Users and rooms. Whoever holds the hub decides the order of messages for everybody.

use crate::outbox::Outbox;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

#[derive(Default)]
pub struct Hub {
    history: usize,
    stopped: bool,
    users: HashMap<String, Arc<Outbox>>,
    rooms: HashMap<String, Room>,
}

#[derive(Default)]
struct Room {
    members: BTreeSet<String>,
    messages: VecDeque<Value>,
    last: u64,
}

impl Hub {
    /// Rooms of this one remember so many messages.
    pub fn new(history: usize) -> Hub {
        Hub { history, ..Hub::default() }
    }

    /// Takes a name, if it is free.
    pub fn enter(&mut self, name: &str, outbox: &Arc<Outbox>) -> bool {
        if self.stopped || self.users.contains_key(name) {
            return false;
        }
        self.users.insert(name.to_owned(), Arc::clone(outbox));
        true
    }

    /// The connection with this outbox has ended.
    pub fn leave(&mut self, name: &str, outbox: &Arc<Outbox>) {
        if self.users.get(name).is_some_and(|its| Arc::ptr_eq(its, outbox)) {
            self.remove(vec![name.to_owned()]);
        }
    }

    /// Everybody has to go.
    pub fn stop(&mut self) {
        self.stopped = true;
        for outbox in self.users.values() {
            outbox.close(Some(1001));
        }
    }

    /// Does what a member asks for. What is no request, or cannot be done, is answered as an error.
    pub fn handle(&mut self, name: &str, request: &Value) {
        let done = match request.get("type").and_then(Value::as_str) {
            Some("join") => self.join(name, request),
            Some("leave") => self.leave_room(name, request),
            Some("say") => self.say(name, request),
            Some("direct") => self.direct(name, request),
            _ => Err(("invalid", "type is join, leave, say or direct")),
        };
        if let Err((code, detail)) = done {
            self.tell(&[name.to_owned()], &json!({"type": "error", "code": code, "detail": detail}));
        }
    }

    fn join(&mut self, name: &str, request: &Value) -> Result<(), Refusal> {
        let title = name_in(request, "room")?;
        let after = match request.get("after") {
            None | Some(Value::Null) => None,
            Some(after) => Some(after.as_u64().ok_or(("invalid", "after is a number"))?),
        };
        let room = self.rooms.entry(title.to_owned()).or_default();
        let is_new = room.members.insert(name.to_owned());
        let known = after.filter(|after| *after <= room.last);
        let first = room.last + 1 - room.messages.len() as u64;
        let skipped = known.map_or(0, |after| (after + 1).saturating_sub(first));
        let messages: Vec<_> = room.messages.iter().skip(usize::try_from(skipped).unwrap_or(usize::MAX)).collect();
        let missed = after.is_some() && known.is_none_or(|after| after + 1 < first);
        let joined = json!({
            "type": "joined", "room": title, "members": room.members, "messages": messages, "missed": missed,
        });
        let others: Vec<_> = room.members.iter().filter(|it| is_new && *it != name).cloned().collect();
        self.tell(&[name.to_owned()], &joined);
        self.tell(&others, &json!({"type": "presence", "room": title, "user": name, "state": "joined"}));
        Ok(())
    }

    fn leave_room(&mut self, name: &str, request: &Value) -> Result<(), Refusal> {
        let title = name_in(request, "room")?;
        if !self.rooms.get_mut(title).is_some_and(|room| room.members.remove(name)) {
            return Err(("not_in_room", "join the room first"));
        }
        self.tell(&[name.to_owned()], &json!({"type": "left", "room": title}));
        self.tell_gone(name, title);
        Ok(())
    }

    fn say(&mut self, name: &str, request: &Value) -> Result<(), Refusal> {
        let (title, text) = (name_in(request, "room")?, text_in(request)?);
        let history = self.history;
        let room = self.rooms.get_mut(title).filter(|room| room.members.contains(name));
        let room = room.ok_or(("not_in_room", "join the room first"))?;
        room.last += 1;
        let at = Timestamp::now().to_string();
        let message = json!({"type": "message", "room": title, "id": room.last, "from": name, "text": text, "at": at});
        room.messages.push_back(message.clone());
        if room.messages.len() > history {
            room.messages.pop_front();
        }
        let members: Vec<_> = room.members.iter().cloned().collect();
        self.tell(&members, &message);
        Ok(())
    }

    fn direct(&mut self, name: &str, request: &Value) -> Result<(), Refusal> {
        let (to, text) = (name_in(request, "to")?, text_in(request)?);
        if !self.users.contains_key(to) {
            return Err(("no_such_user", "nobody of this name is connected"));
        }
        let at = Timestamp::now().to_string();
        let both = BTreeSet::from([name.to_owned(), to.to_owned()]);
        let message = json!({"type": "direct", "from": name, "to": to, "text": text, "at": at});
        self.tell(&both.into_iter().collect::<Vec<_>>(), &message);
        Ok(())
    }

    /// Tells these users; those whose queue is full are gone afterwards.
    fn tell(&mut self, users: &[String], message: &Value) {
        let full = self.push(users, message);
        self.remove(full);
    }

    fn push(&self, users: &[String], message: &Value) -> Vec<String> {
        let text: Arc<str> = format!("{message:#}").into();
        let is_full = |user: &&String| self.users.get(*user).is_some_and(|outbox| !outbox.push(&text));
        users.iter().filter(is_full).cloned().collect()
    }

    fn tell_gone(&mut self, name: &str, title: &str) {
        let Some(room) = self.rooms.get(title) else { return };
        let members: Vec<_> = room.members.iter().cloned().collect();
        // A room in which nothing was ever said need not be remembered.
        if members.is_empty() && room.last == 0 {
            self.rooms.remove(title);
        }
        self.tell(&members, &json!({"type": "presence", "room": title, "user": name, "state": "left"}));
    }

    fn remove(&mut self, names: Vec<String>) {
        for name in names {
            if self.users.remove(&name).is_none() {
                continue;
            }
            let rooms =
                self.rooms.iter_mut().filter_map(|(title, room)| room.members.remove(&name).then(|| title.clone()));
            for title in rooms.collect::<Vec<_>>() {
                self.tell_gone(&name, &title);
            }
        }
    }
}

/// A code, and a word to the person.
type Refusal = (&'static str, &'static str);

pub fn is_name(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn name_in<'a>(request: &'a Value, member: &str) -> Result<&'a str, Refusal> {
    let name = request.get(member).and_then(Value::as_str).filter(|name| is_name(name));
    name.ok_or(("invalid", "names have 1 to 32 letters, digits, - and _"))
}

fn text_in(request: &Value) -> Result<&str, Refusal> {
    let text = request.get("text").and_then(Value::as_str);
    text.filter(|text| (1..=4000).contains(&text.chars().count())).ok_or(("invalid", "a text has 1 to 4000 characters"))
}
