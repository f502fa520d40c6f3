//! Passwords: hashed slowly, and compared as slowly when there is nothing to compare with.

use plumbing::{Failure, Problem};
use tokio::{sync::Semaphore, task::spawn_blocking};

const CHARS: std::ops::RangeInclusive<usize> = 10..=200;

/// How many hashes are computed at once. Each takes 19 MiB and a core; more at once would only be slower.
const AT_ONCE: usize = 4;

/// Hashes and verifies.
#[derive(Debug)]
pub struct Passwords {
    permits: Semaphore,
}

impl Passwords {
    pub fn new() -> Result<Passwords, Failure> {
        // What do you need to have ready for an address that nobody has?
        Ok(Passwords { permits: Semaphore::new(AT_ONCE) })
    }

    /// The hash to store for a new password.
    pub async fn hash(&self, password: String) -> Result<String, Problem> {
        self.work(move || hash(&password)).await?
    }

    /// Whether the password belongs to the hash. Without a hash the same work is done in vain, so that the time of the
    /// answer does not tell whether there is an account.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, Problem> {
        self.work(move || todo!("verify {} characters against {stored:?}, or against nobody", password.len())).await?
    }

    /// Off the threads that serve requests: those must never compute for long.
    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let _permit = self.permits.acquire().await.map_err(Problem::internal)?;
        spawn_blocking(work).await.map_err(Problem::internal)
    }
}

/// argon2id with the library's parameters, which are those that OWASP recommends, and a random salt.
fn hash(password: &str) -> Result<String, Problem> {
    todo!("an argon2id hash of a password with {} characters", password.len())
}

/// Length is what makes a password strong, so length is what we ask for.
pub fn check(password: &str) -> Result<(), Problem> {
    todo!("{} characters are between {} and {}?", password.chars().count(), CHARS.start(), CHARS.end())
}
