//! The data: keys, values, deadlines. Knows neither clients nor files.
//!
//! Commands read here and decide; the only thing that changes anything is [`Keyspace::apply`], and what it applies, an
//! [`Effect`], is also what the journal stores. So a replay cannot come to another result than the first run did: an
//! effect holds no "unless it exists" and no "in ten seconds", only what happened.

use crate::{commands::CommandError, resp::Request, resp::integer};
use std::collections::{BTreeSet, HashMap, VecDeque};

pub type Key = Vec<u8>;
/// Milliseconds since 1970.
pub type Millis = u64;

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(Vec<u8>),
    /// Never empty: a list goes with its last item.
    List(VecDeque<Vec<u8>>),
}

#[derive(Debug)]
struct Entry {
    value: Value,
    expires_at: Option<Millis>,
}

/// The two ends of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Left,
    Right,
}

/// Something that happened to one key.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    Set { key: Key, value: Vec<u8>, expires_at: Option<Millis> },
    Delete { key: Key },
    ExpireAt { key: Key, at: Option<Millis> },
    Push { key: Key, end: End, items: Vec<Vec<u8>> },
    Pop { key: Key, end: End, count: usize },
}

impl Effect {
    pub fn key(&self) -> &Key {
        match self {
            Effect::Set { key, .. } | Effect::Delete { key } | Effect::ExpireAt { key, .. } => key,
            Effect::Push { key, .. } | Effect::Pop { key, .. } => key,
        }
    }

    /// The effect as the command that has it, whenever it is carried out.
    pub fn to_request(&self) -> Request {
        let number = |number: &dyn ToString| number.to_string().into_bytes();
        let (name, arguments): (&str, Vec<Vec<u8>>) = match self {
            Effect::Set { value, expires_at: None, .. } => ("SET", vec![value.clone()]),
            Effect::Set { value, expires_at: Some(at), .. } => {
                ("SET", vec![value.clone(), b"PXAT".to_vec(), number(at)])
            }
            Effect::Delete { .. } => ("DEL", vec![]),
            Effect::ExpireAt { at: Some(at), .. } => ("PEXPIREAT", vec![number(at)]),
            Effect::ExpireAt { at: None, .. } => ("PERSIST", vec![]),
            Effect::Push { end: End::Left, items, .. } => ("LPUSH", items.clone()),
            Effect::Push { end: End::Right, items, .. } => ("RPUSH", items.clone()),
            Effect::Pop { end: End::Left, count, .. } => ("LPOP", vec![number(count)]),
            Effect::Pop { end: End::Right, count, .. } => ("RPOP", vec![number(count)]),
        };
        [name.as_bytes().to_vec(), self.key().clone()].into_iter().chain(arguments).collect()
    }

    /// The reverse of [`Effect::to_request`], or none for a request that it never makes.
    pub fn from_request(request: &[Vec<u8>]) -> Option<Effect> {
        let number = |text: &Vec<u8>| integer(text).and_then(|number| u64::try_from(number).ok());
        let count = |text: &Vec<u8>| number(text).and_then(|number| usize::try_from(number).ok());
        let [name, key, arguments @ ..] = request else { return None };
        let key = key.clone();
        Some(match (name.as_slice(), arguments) {
            (b"SET", [value]) => Effect::Set { key, value: value.clone(), expires_at: None },
            (b"SET", [value, option, at]) if option == b"PXAT" => {
                Effect::Set { key, value: value.clone(), expires_at: Some(number(at)?) }
            }
            (b"DEL", []) => Effect::Delete { key },
            (b"PEXPIREAT", [at]) => Effect::ExpireAt { key, at: Some(number(at)?) },
            (b"PERSIST", []) => Effect::ExpireAt { key, at: None },
            (b"LPUSH", [_, ..]) => Effect::Push { key, end: End::Left, items: arguments.to_vec() },
            (b"RPUSH", [_, ..]) => Effect::Push { key, end: End::Right, items: arguments.to_vec() },
            (b"LPOP", [number]) => Effect::Pop { key, end: End::Left, count: count(number)? },
            (b"RPOP", [number]) => Effect::Pop { key, end: End::Right, count: count(number)? },
            _ => return None,
        })
    }
}

#[derive(Debug, Default)]
pub struct Keyspace {
    entries: HashMap<Key, Entry>,
    /// Every entry that has a deadline, the earliest first.
    deadlines: BTreeSet<(Millis, Key)>,
    /// Applied and not yet taken for the journal.
    effects: Vec<Effect>,
}

impl Keyspace {
    pub fn get(&self, key: &[u8]) -> Option<&Value> {
        self.entries.get(key).map(|entry| &entry.value)
    }

    pub fn text(&self, key: &[u8]) -> Result<Option<&[u8]>, CommandError> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::List(_)) => Err(CommandError::WrongType),
        }
    }

    pub fn list(&self, key: &[u8]) -> Result<Option<&VecDeque<Vec<u8>>>, CommandError> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::List(list)) => Ok(Some(list)),
            Some(Value::Text(_)) => Err(CommandError::WrongType),
        }
    }

    pub fn expires_at(&self, key: &[u8]) -> Option<Millis> {
        self.entries.get(key).and_then(|entry| entry.expires_at)
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Changes the data, and remembers the effect until [`Keyspace::take_effects`].
    pub fn apply(&mut self, effect: Effect) {
        self.replay(effect.clone());
        self.effects.push(effect);
    }

    /// Changes the data as a journal says it was changed before.
    pub fn replay(&mut self, effect: Effect) {
        match effect {
            Effect::Set { key, value, expires_at } => {
                self.replay(Effect::Delete { key: key.clone() });
                self.entries.insert(key.clone(), Entry { value: Value::Text(value), expires_at: None });
                self.replay(Effect::ExpireAt { key, at: expires_at });
            }
            Effect::Push { key, end, items } => {
                let empty = || Entry { value: Value::List(VecDeque::new()), expires_at: None };
                let entry = self.entries.entry(key).or_insert_with(empty);
                todo!("push {items:?} at the {end:?} of {entry:?}")
            }
            other => todo!("carry out {other:?}, and keep the deadlines in step with the entries"),
        }
    }

    /// What was applied since the last call.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Deletes every key whose time has come. Called before each request, so that no command ever meets such a key. The
    /// deletions are effects like any other: a replay then cannot disagree about whether a key had still been there.
    pub fn expire(&mut self, now: Millis) {
        if self.next_deadline().is_some_and(|at| at <= now) {
            todo!("apply a Delete to each key whose deadline is {now} or earlier")
        }
    }

    /// When the next key expires.
    pub fn next_deadline(&self) -> Option<Millis> {
        self.deadlines.first().map(|(at, _)| *at)
    }
}
