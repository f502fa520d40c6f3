//! The short name of a link: chosen by somebody, or random.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use plumbing::Problem;
use serde::Serialize;
use std::{fmt, ops::RangeInclusive};

/// How many characters a code has.
const LENGTH: RangeInclusive<usize> = 3..=32;

/// 32 characters, five bits each, without those that people mix up when they read a code aloud (`i l o u`).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Ten characters are 50 bits: with a million links, one guess in a billion finds one.
const RANDOM_LENGTH: usize = 10;

/// A well-formed code, whether a link has it or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Code(String);

impl Code {
    /// The code that `text` is, if it is one.
    pub fn parse(text: &str) -> Option<Code> {
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (LENGTH.contains(&text.len()) && text.bytes().all(valid)).then(|| Code(text.to_owned()))
    }

    /// A code that nobody can tell in advance.
    ///
    /// # Errors
    /// When the operating system has no random numbers.
    pub fn random() -> Result<Code, getrandom::Error> {
        let mut bytes = [0; RANDOM_LENGTH];
        getrandom::fill(&mut bytes)?;
        // 256 is a multiple of 32, so each character is as likely as any other.
        Ok(Code(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The code in a request's path. What cannot be a code is not looked for: no link has it.
impl<S: Send + Sync> FromRequestParts<S> for Code {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Code, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.ok().and_then(|Path(text)| Code::parse(&text)).ok_or_else(|| Problem::not_found("no link has this code"))
    }
}
