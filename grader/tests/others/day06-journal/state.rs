//! What the events add up to.

use crate::journal::{Event, Kind};
use std::collections::HashMap;

/// So many failures in a row lock an address.
pub const FAILURES: u32 = 5;

#[derive(Debug, Default, Clone)]
pub struct Account {
    pub hash: String,
    /// The secret of the second factor, and whether it is on.
    pub secret: Option<(Vec<u8>, bool)>,
    /// The step of the last code that was accepted.
    pub step: i64,
}

#[derive(Debug, Default)]
struct Attempts {
    failures: u32,
    locked_until: i64,
}

/// Accounts, sessions, tokens and locks.
#[derive(Debug, Default)]
pub struct State {
    accounts: HashMap<String, Account>,
    /// By digest: whose, and until when.
    sessions: HashMap<String, (String, i64)>,
    /// Only the newest token of a kind to an address is any good.
    tokens: HashMap<(Kind, String), (String, i64)>,
    attempts: HashMap<String, Attempts>,
}

impl State {
    pub fn account(&self, email: &str) -> Option<&Account> {
        self.accounts.get(email)
    }

    /// Whose session this is, if it is alive.
    pub fn session(&self, digest: &str, now: i64) -> Option<&str> {
        self.sessions.get(digest).filter(|(_, until)| *until > now).map(|(email, _)| email.as_str())
    }

    /// To whom this token was sent, if it is still good.
    pub fn token(&self, kind: Kind, digest: &str, now: i64) -> Option<String> {
        let mut tokens = self.tokens.iter();
        let found = tokens.find(|((its, _), (token, until))| *its == kind && token == digest && *until > now)?;
        Some(found.0.1.clone())
    }

    /// Until when an address is locked, if it is.
    pub fn locked(&self, email: &str, now: i64) -> Option<i64> {
        self.attempts.get(email).map(|it| it.locked_until).filter(|until| *until > now)
    }

    /// Whether one more failure locks the address.
    pub fn is_last_try(&self, email: &str) -> bool {
        self.attempts.get(email).map_or(0, |it| it.failures) + 1 >= FAILURES
    }

    /// One event more.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Mail { kind, email, digest, until } => {
                self.tokens.insert((kind, email), (digest, until));
            }
            Event::Registered { email, hash, .. } => {
                self.tokens.remove(&(Kind::Register, email.clone()));
                self.accounts.insert(email, Account { hash, ..Account::default() });
            }
            Event::Reset { email, hash } => {
                self.tokens.remove(&(Kind::Reset, email.clone()));
                self.attempts.remove(&email);
                self.sessions.retain(|_, (owner, _)| *owner != email);
                if let Some(account) = self.accounts.get_mut(&email) {
                    account.hash = hash;
                }
            }
            Event::Failed { email, locked_until } => {
                let attempts = self.attempts.entry(email).or_default();
                attempts.failures = (attempts.failures + 1) % FAILURES;
                attempts.locked_until = locked_until;
            }
            Event::LoggedIn { email, digest, until, ends, step } => {
                self.attempts.remove(&email);
                if let Some(ends) = ends {
                    self.sessions.remove(&ends);
                }
                if let (Some(step), Some(account)) = (step, self.accounts.get_mut(&email)) {
                    account.step = step;
                }
                self.sessions.insert(digest, (email, until));
            }
            Event::LoggedOut { digest } => {
                self.sessions.remove(&digest);
            }
            Event::LoggedOutEverywhere { email } => self.sessions.retain(|_, (owner, _)| *owner != email),
            Event::Offered { email, secret } => {
                if let Some(account) = self.accounts.get_mut(&email) {
                    account.secret = Some((secret, false));
                }
            }
            Event::Confirmed { email, step } => {
                if let Some(account) = self.accounts.get_mut(&email) {
                    account.step = step;
                    if let Some((_, on)) = &mut account.secret {
                        *on = true;
                    }
                }
            }
            Event::Nothing => {}
        }
    }
}
