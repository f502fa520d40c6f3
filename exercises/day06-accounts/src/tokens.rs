//! Tokens: random texts that prove something because nobody can guess them.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use std::time::{SystemTime, UNIX_EPOCH};

/// A token as its owner has it. It leaves the program in a cookie or a mail, and is never stored or logged.
pub struct Token(String);

/// What is stored of a token. A slow hash would add nothing: 256 random bits cannot be guessed however fast one tries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenHash(pub Vec<u8>);

impl Token {
    /// A new token with 256 bits from the operating system's generator.
    pub fn new() -> Result<Token, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Token(BASE64URL_NOPAD.encode(&bytes)))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TokenHash {
    /// Of whatever a client claims to be a token.
    pub fn of(token: &str) -> TokenHash {
        todo!("the SHA-256 of {token}")
    }
}

/// A name that nobody can guess and no two things share.
pub fn unique_name() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)?;
    Ok(HEXLOWER.encode(&bytes))
}

/// Milliseconds since 1970.
pub fn now_ms() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}
