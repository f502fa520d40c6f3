//! Who may connect: a file as `mosquitto_passwd` writes it, `name:$7$iterations$salt$hash` on each line.
//!
//! The hash is PBKDF2 with HMAC-SHA-512 (RFC 8018, section 5.2), one block of it, and both it and the salt are in
//! base64. A broker asks for the password once a connection, and devices reconnect all at once after a power cut: that
//! is why mosquitto is content with few iterations.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use plumbing::Failure;
use sha2::Sha512;
use std::{collections::HashMap, path::Path};

#[derive(Debug)]
pub struct Users {
    passwords: HashMap<String, Password>,
}

#[derive(Debug)]
struct Password {
    iterations: u32,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Users {
    /// Reads the file.
    ///
    /// # Errors
    /// When it cannot be read, or a line is not in the form above.
    pub fn load(path: &Path) -> Result<Users, Failure> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::new(format!("cannot read the users in {}: {error}", path.display())))?;
        let mut passwords = HashMap::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let (name, password) = parse(line).ok_or_else(|| {
                let place = format!("{}, line {}", path.display(), number + 1);
                Failure::new(format!("{place}: not name:$7$iterations$salt$hash; write it with mosquitto_passwd"))
            })?;
            passwords.insert(name, password);
        }
        Ok(Users { passwords })
    }

    /// Whether this is the name of a user, with the right password.
    pub fn know(&self, name: &str, password: &[u8]) -> bool {
        let Some(expected) = self.passwords.get(name) else { return false };
        let given = pbkdf2(password, &expected.salt, expected.iterations);
        // Every byte is compared, so that the time taken does not tell how many of them are right.
        given.is_some_and(|given| {
            given.len() == expected.hash.len()
                && given.iter().zip(&expected.hash).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
        })
    }
}

fn parse(line: &str) -> Option<(String, Password)> {
    let (name, rest) = line.trim_end().split_once(':')?;
    let mut parts = rest.strip_prefix("$7$")?.split('$');
    let iterations = parts.next()?.parse().ok().filter(|iterations| *iterations > 0)?;
    let salt = BASE64.decode(parts.next()?.as_bytes()).ok()?;
    let hash = BASE64.decode(parts.next()?.as_bytes()).ok()?;
    (!name.is_empty() && parts.next().is_none()).then(|| (name.to_owned(), Password { iterations, salt, hash }))
}

/// The first block of PBKDF2-HMAC-SHA-512.
fn pbkdf2(password: &[u8], salt: &[u8], iterations: u32) -> Option<Vec<u8>> {
    let keyed = Hmac::<Sha512>::new_from_slice(password).ok()?;
    let mut round = keyed.clone().chain_update(salt).chain_update(1_u32.to_be_bytes()).finalize().into_bytes();
    let mut block = round;
    for _ in 1..iterations {
        round = keyed.clone().chain_update(round).finalize().into_bytes();
        block.iter_mut().zip(round).for_each(|(sum, byte)| *sum ^= byte);
    }
    Some(block.to_vec())
}
