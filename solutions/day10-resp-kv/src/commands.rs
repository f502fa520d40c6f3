//! What each data command does. Knows neither clients nor time: `now` is an argument, so that a transaction happens in
//! one moment.

use crate::{
    keyspace::{Effect, End, Key, Keyspace, Millis, Value},
    resp::{Reply, integer},
};
use std::collections::VecDeque;
use thiserror::Error;

/// Why a command was refused. The text is what the client reads, in Redis's own words, for clients match on them.
#[derive(Debug, Error)]
pub enum CommandError {
    #[error("WRONGTYPE Operation against a key holding the wrong kind of value")]
    WrongType,
    #[error("ERR unknown command '{0}', with args beginning with: ")]
    Unknown(String),
    #[error("ERR wrong number of arguments for '{0}' command")]
    Arity(String),
    #[error("ERR syntax error")]
    Syntax,
    #[error("ERR value is not an integer or out of range")]
    NotAnInteger,
    #[error("ERR value is out of range, must be positive")]
    NotPositive,
    #[error("ERR increment or decrement would overflow")]
    Overflow,
    #[error("ERR invalid expire time in '{0}' command")]
    ExpireTime(String),
    #[error("ERR timeout is not a float or out of range")]
    Timeout,
    #[error("ERR timeout is negative")]
    NegativeTimeout,
    #[error("ERR {0}")]
    State(&'static str),
    #[error("EXECABORT Transaction discarded because of previous errors.")]
    Aborted,
    #[error(
        "ERR Can't execute '{0}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
    )]
    Subscribed(String),
}

/// Every command with the number of its words, its name counted; `-2` is "two or more", as in Redis's own table.
#[rustfmt::skip]
const ARITY: &[(&str, i64)] = &[
    ("PING", -1), ("ECHO", 2), ("QUIT", -1), ("DBSIZE", 1), ("TYPE", 2),
    ("GET", 2), ("SET", -3), ("DEL", -2), ("EXISTS", -2), ("INCR", 2), ("INCRBY", 3),
    ("EXPIRE", 3), ("PEXPIRE", 3), ("TTL", 2), ("PTTL", 2), ("PERSIST", 2),
    ("LPUSH", -3), ("RPUSH", -3), ("LPOP", -2), ("RPOP", -2), ("LLEN", 2), ("LRANGE", 4), ("BLPOP", -3),
    ("MULTI", 1), ("EXEC", 1), ("DISCARD", 1), ("WATCH", -2), ("UNWATCH", 1),
    ("SUBSCRIBE", -2), ("UNSUBSCRIBE", -1), ("PUBLISH", 3),
];

/// The name of the command in capitals, provided that it exists and has the right number of arguments.
pub fn check(request: &[Vec<u8>]) -> Result<&'static str, CommandError> {
    let given = request.first().map(Vec::as_slice).unwrap_or_default();
    let Some((name, arity)) = ARITY.iter().find(|(name, _)| given.eq_ignore_ascii_case(name.as_bytes())) else {
        // The name goes back inside a line, so the sender must not be able to end that line.
        return Err(CommandError::Unknown(given.escape_ascii().to_string().chars().take(128).collect()));
    };
    let words = i64::try_from(request.len()).unwrap_or(i64::MAX);
    let fits = if *arity < 0 { words >= -arity } else { words == *arity };
    if fits { Ok(name) } else { Err(CommandError::Arity(name.to_lowercase())) }
}

/// Carries out a data command that [`check`] let through.
pub fn execute(keyspace: &mut Keyspace, now: Millis, name: &str, arguments: &[Vec<u8>]) -> Result<Reply, CommandError> {
    match (name, arguments) {
        ("PING", []) => Ok(Reply::Simple("PONG")),
        ("PING" | "ECHO", [message]) => Ok(Reply::Bulk(message.clone())),
        ("DBSIZE", []) => Ok(count(keyspace.len())),
        ("TYPE", [key]) => Ok(Reply::Simple(match keyspace.get(key) {
            None => "none",
            Some(Value::Text(_)) => "string",
            Some(Value::List(_)) => "list",
        })),
        ("GET", [key]) => Ok(keyspace.text(key)?.map_or(Reply::Nil, |text| Reply::Bulk(text.to_vec()))),
        ("SET", [key, value, options @ ..]) => set(keyspace, now, key, value, options),
        ("EXISTS", keys) => Ok(count(keys.iter().filter(|key| keyspace.get(key).is_some()).count())),
        ("DEL", keys) => {
            let before = keyspace.len();
            for key in keys {
                delete(keyspace, key);
            }
            Ok(count(before - keyspace.len()))
        }
        ("INCR", [key]) => add(keyspace, key, 1),
        ("INCRBY", [key, step]) => add(keyspace, key, number(step)?),
        ("EXPIRE", [key, time]) => expire(keyspace, now, name, key, time, 1000),
        ("PEXPIRE", [key, time]) => expire(keyspace, now, name, key, time, 1),
        // Rounded to the nearest second, as Redis does it.
        ("TTL", [key]) => Ok(Reply::Integer(time_left(keyspace, now, key, |millis| (millis + 500) / 1000))),
        ("PTTL", [key]) => Ok(Reply::Integer(time_left(keyspace, now, key, |millis| millis))),
        ("PERSIST", [key]) => {
            let had = keyspace.expires_at(key).is_some();
            if had {
                keyspace.apply(Effect::ExpireAt { key: key.clone(), at: None });
            }
            Ok(Reply::Integer(had.into()))
        }
        ("LPUSH", [key, items @ ..]) => push(keyspace, key, End::Left, items),
        ("RPUSH", [key, items @ ..]) => push(keyspace, key, End::Right, items),
        ("LPOP", [key]) => Ok(pop(keyspace, key, End::Left)?.map_or(Reply::Nil, Reply::Bulk)),
        ("RPOP", [key]) => Ok(pop(keyspace, key, End::Right)?.map_or(Reply::Nil, Reply::Bulk)),
        ("LPOP", [key, count]) => pop_several(keyspace, key, End::Left, count),
        ("RPOP", [key, count]) => pop_several(keyspace, key, End::Right, count),
        ("LLEN", [key]) => Ok(count(keyspace.list(key)?.map_or(0, VecDeque::len))),
        ("LRANGE", [key, start, stop]) => range(keyspace, key, number(start)?, number(stop)?),
        (name, _) => Err(CommandError::Arity(name.to_lowercase())),
    }
}

/// The first item of a list, taken away. BLPOP needs it, too.
pub fn pop(keyspace: &mut Keyspace, key: &Key, end: End) -> Result<Option<Vec<u8>>, CommandError> {
    let Some(list) = keyspace.list(key)? else { return Ok(None) };
    let item = if end == End::Left { list.front() } else { list.back() };
    let item = item.cloned();
    keyspace.apply(Effect::Pop { key: key.clone(), end, count: 1 });
    Ok(item)
}

fn set(
    keyspace: &mut Keyspace,
    now: Millis,
    key: &Key,
    value: &[u8],
    mut options: &[Vec<u8>],
) -> Result<Reply, CommandError> {
    let (mut condition, mut expires_at) = (None, None);
    while let [option, rest @ ..] = options {
        options = rest;
        match (option.to_ascii_uppercase().as_slice(), rest) {
            (b"NX", _) if condition.is_none() => condition = Some(false),
            (b"XX", _) if condition.is_none() => condition = Some(true),
            (unit @ (b"EX" | b"PX"), [time, rest @ ..]) if expires_at.is_none() => {
                let millis = if unit == b"EX" { 1000 } else { 1 };
                let time = number(time)?;
                let at = if time > 0 { deadline(now, time, millis) } else { None };
                expires_at = Some(at.ok_or_else(|| CommandError::ExpireTime("set".to_owned()))?);
                options = rest;
            }
            _ => return Err(CommandError::Syntax),
        }
    }
    if condition.is_some_and(|must_exist| must_exist != keyspace.get(key).is_some()) {
        return Ok(Reply::Nil);
    }
    keyspace.apply(Effect::Set { key: key.clone(), value: value.to_vec(), expires_at });
    Ok(Reply::Simple("OK"))
}

fn add(keyspace: &mut Keyspace, key: &Key, step: i64) -> Result<Reply, CommandError> {
    let current = keyspace.text(key)?.map_or(Ok(0), number)?;
    let sum = current.checked_add(step).ok_or(CommandError::Overflow)?;
    let expires_at = keyspace.expires_at(key);
    keyspace.apply(Effect::Set { key: key.clone(), value: sum.to_string().into_bytes(), expires_at });
    Ok(Reply::Integer(sum))
}

fn expire(
    keyspace: &mut Keyspace,
    now: Millis,
    name: &str,
    key: &Key,
    time: &[u8],
    unit: i64,
) -> Result<Reply, CommandError> {
    let time = number(time)?;
    let at = deadline(now, time, unit).ok_or_else(|| CommandError::ExpireTime(name.to_lowercase()))?;
    if keyspace.get(key).is_none() {
        return Ok(Reply::Integer(0));
    }
    if time > 0 {
        keyspace.apply(Effect::ExpireAt { key: key.clone(), at: Some(at) });
    } else {
        delete(keyspace, key);
    }
    Ok(Reply::Integer(1))
}

/// `time` units from now, or none where that is past the end of the clock.
fn deadline(now: Millis, time: i64, unit: i64) -> Option<Millis> {
    let at = i64::try_from(now).ok()?.checked_add(time.checked_mul(unit)?)?;
    Some(u64::try_from(at).unwrap_or(0))
}

fn time_left(keyspace: &Keyspace, now: Millis, key: &[u8], round: impl Fn(i64) -> i64) -> i64 {
    match (keyspace.get(key), keyspace.expires_at(key)) {
        (None, _) => -2,
        (Some(_), None) => -1,
        (Some(_), Some(at)) => round(i64::try_from(at.saturating_sub(now)).unwrap_or(i64::MAX)),
    }
}

fn delete(keyspace: &mut Keyspace, key: &Key) {
    if keyspace.get(key).is_some() {
        keyspace.apply(Effect::Delete { key: key.clone() });
    }
}

fn push(keyspace: &mut Keyspace, key: &Key, end: End, items: &[Vec<u8>]) -> Result<Reply, CommandError> {
    let length = keyspace.list(key)?.map_or(0, VecDeque::len) + items.len();
    keyspace.apply(Effect::Push { key: key.clone(), end, items: items.to_vec() });
    Ok(count(length))
}

fn pop_several(keyspace: &mut Keyspace, key: &Key, end: End, wanted: &[u8]) -> Result<Reply, CommandError> {
    let wanted = integer(wanted).and_then(|number| usize::try_from(number).ok()).ok_or(CommandError::NotPositive)?;
    let Some(list) = keyspace.list(key)? else { return Ok(Reply::NilArray) };
    let items: Vec<_> = match end {
        End::Left => list.iter().take(wanted).cloned().map(Reply::Bulk).collect(),
        End::Right => list.iter().rev().take(wanted).cloned().map(Reply::Bulk).collect(),
    };
    if !items.is_empty() {
        keyspace.apply(Effect::Pop { key: key.clone(), end, count: items.len() });
    }
    Ok(Reply::Array(items))
}

/// Both ends belong to the range, and negative ones count from the end of the list.
fn range(keyspace: &Keyspace, key: &[u8], start: i64, stop: i64) -> Result<Reply, CommandError> {
    let Some(list) = keyspace.list(key)? else { return Ok(Reply::Array(Vec::new())) };
    let length = i64::try_from(list.len()).unwrap_or(i64::MAX);
    let from_front = |index: i64| if index < 0 { length.saturating_add(index) } else { index };
    let start = usize::try_from(from_front(start)).unwrap_or(0);
    let end = usize::try_from(from_front(stop).saturating_add(1)).unwrap_or(0);
    let items = list.iter().take(end).skip(start).cloned().map(Reply::Bulk);
    Ok(Reply::Array(items.collect()))
}

fn number(text: &[u8]) -> Result<i64, CommandError> {
    integer(text).ok_or(CommandError::NotAnInteger)
}

fn count(items: usize) -> Reply {
    Reply::Integer(i64::try_from(items).unwrap_or(i64::MAX))
}
