//! Passwords: hashed slowly, and compared as slowly when there is nothing to compare with.

use crate::tokens::Token;
use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use plumbing::{Failure, Problem};
use tokio::{sync::Semaphore, task::spawn_blocking};

const CHARS: std::ops::RangeInclusive<usize> = 10..=200;

/// How many hashes are computed at once. Each takes 19 MiB and a core; more at once would only be slower.
const AT_ONCE: usize = 4;

/// Hashes and verifies.
#[derive(Debug)]
pub struct Passwords {
    /// The hash of a password that nobody has.
    nobody: String,
    permits: Semaphore,
}

impl Passwords {
    pub fn new() -> Result<Passwords, Failure> {
        let nobody = hash(Token::new()?.as_str()).map_err(|problem| Failure::new(format!("{problem:?}")))?;
        Ok(Passwords { nobody, permits: Semaphore::new(AT_ONCE) })
    }

    /// The hash to store for a new password.
    pub async fn hash(&self, password: String) -> Result<String, Problem> {
        self.work(move || hash(&password)).await?
    }

    /// Whether the password belongs to the hash. Without a hash the same work is done in vain, so that the time of the
    /// answer does not tell whether there is an account.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, Problem> {
        let exists = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.clone());
        let matches = self.work(move || {
            let parsed = PasswordHash::new(&stored).map_err(Problem::internal)?;
            Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
        });
        Ok(matches.await?? && exists)
    }

    /// Off the threads that serve requests: those must never compute for long.
    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let _permit = self.permits.acquire().await.map_err(Problem::internal)?;
        spawn_blocking(work).await.map_err(Problem::internal)
    }
}

/// argon2id with the library's parameters, which are those that OWASP recommends, and a random salt.
fn hash(password: &str) -> Result<String, Problem> {
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(Problem::internal)?;
    Ok(hash.to_string())
}

/// Length is what makes a password strong, so length is what we ask for.
pub fn check(password: &str) -> Result<(), Problem> {
    if CHARS.contains(&password.chars().count()) {
        return Ok(());
    }
    Err(Problem::invalid("password", format!("the password must have {} to {} characters", CHARS.start(), CHARS.end())))
}
