//! What each data command does. Knows neither clients nor time: `now` is an argument, so that a transaction happens in
//! one moment.

use crate::{
    keyspace::{Effect, Keyspace, Millis},
    resp::Reply,
};
use std::collections::VecDeque;
use thiserror::Error;

/// Why a command was refused; add a variant for each further error on the page. The text is what the client reads, in
/// Redis's own words, for clients match on them.
#[derive(Debug, Error)]
pub enum CommandError {
    #[error("WRONGTYPE Operation against a key holding the wrong kind of value")]
    WrongType,
    #[error("ERR unknown command '{0}', with args beginning with: ")]
    Unknown(String),
    #[error("ERR wrong number of arguments for '{0}' command")]
    Arity(String),
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
        ("GET", [key]) => Ok(keyspace.text(key)?.map_or(Reply::Nil, |text| Reply::Bulk(text.to_vec()))),
        ("LLEN", [key]) => Ok(count(keyspace.list(key)?.map_or(0, VecDeque::len))),
        ("DBSIZE", []) => Ok(count(keyspace.len())),
        ("DEL", keys) => {
            let before = keyspace.len();
            for key in keys {
                if keyspace.get(key).is_some() {
                    keyspace.apply(Effect::Delete { key: key.clone() });
                }
            }
            Ok(count(before - keyspace.len()))
        }
        ("PTTL", [key]) => {
            todo!(
                "the time from {now} to {:?} in milliseconds, -1 without a deadline, -2 without a key",
                keyspace.expires_at(key)
            )
        }
        (name, arguments) => todo!("carry out {name} with {arguments:?}, or refuse a wrong number of arguments"),
    }
}

fn count(items: usize) -> Reply {
    Reply::Integer(i64::try_from(items).unwrap_or(i64::MAX))
}
