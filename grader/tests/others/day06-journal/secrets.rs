//! Tokens, password hashes and codes.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use others::Reply;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// 160 bits by chance, in the letters of base 32.
pub fn token() -> Result<String, Reply> {
    random().map(|bytes| BASE32_NOPAD.encode(&bytes))
}

pub fn random() -> Result<[u8; 20], Reply> {
    let mut bytes = [0; 20];
    getrandom::fill(&mut bytes).map_err(internal)?;
    Ok(bytes)
}

/// What is kept of a token.
pub fn digest(token: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(token.as_bytes()))
}

pub fn hash(password: &str) -> Result<String, Reply> {
    Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(internal)
}

pub fn is_right(password: &str, hash: &str) -> bool {
    let parsed = PasswordHash::new(hash);
    parsed.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// The step of a code, if it is right and later than `after`: the present one, the one before, or the one that follows.
pub fn step_of(secret: &[u8], code: &str, after: i64, now: i64) -> Option<i64> {
    let present = now / 30_000;
    (present - 1..=present + 1).find(|step| *step > after && code_of(secret, *step).as_deref() == Some(code))
}

/// RFC 4226, section 5.3, with the step as counter (RFC 6238).
fn code_of(secret: &[u8], step: i64) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).ok()?;
    mac.update(&step.to_be_bytes());
    let bytes = mac.finalize().into_bytes();
    let offset = usize::from(bytes[19] & 15);
    let four = bytes[offset..offset + 4].try_into().ok()?;
    Some(format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000))
}

/// 500; the cause goes to the log.
pub fn internal(cause: impl std::fmt::Display) -> Reply {
    eprintln!("error: {cause}");
    Reply::problem(500, "this could not be done")
}
