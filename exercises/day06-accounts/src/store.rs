//! The database. Every method is one transaction, so a kill at any moment leaves all of it or nothing.

use crate::tokens::{Token, TokenHash, now_ms};
use plumbing::{Failure, Problem};
use sqlx::{
    Row, Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous},
};
use std::{path::Path, time::Duration};

/// Failed logins in a row that lock an address.
const FAILURES: i64 = 5;

#[derive(Debug)]
pub struct Store {
    pool: SqlitePool,
}

/// An account as the rest of the program sees it.
#[derive(Debug, Clone)]
pub struct Account {
    pub email: String,
    pub password_hash: String,
    pub totp: Option<Totp>,
}

/// The second factor.
#[derive(Debug, Clone)]
pub struct Totp {
    pub secret: Vec<u8>,
    pub enabled: bool,
    pub last_step: i64,
}

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Session,
    Register,
    Reset,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Session => "session",
            Kind::Register => "register",
            Kind::Reset => "reset",
        }
    }
}

impl Store {
    /// Opens the database in this folder, and brings its tables up to date.
    pub async fn open(folder: &Path) -> Result<Store, Failure> {
        let file = folder.join("accounts.db");
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // An answer is sent when the change is on disk, and not before.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10));
        let unusable = |error: &dyn std::fmt::Display| {
            Failure::new(format!("{} cannot be used: {error}; restore it from a backup", file.display()))
        };
        let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await;
        let pool = pool.map_err(|error| unusable(&error))?;
        sqlx::migrate!().run(&pool).await.map_err(|error| unusable(&error))?;
        Ok(Store { pool })
    }

    pub async fn account(&self, email: &str) -> Result<Option<Account>, Problem> {
        let query = sqlx::query("SELECT * FROM accounts WHERE email = ?").bind(email);
        let row = query.fetch_optional(&self.pool).await.map_err(Problem::internal)?;
        Ok(row.as_ref().map(account))
    }

    /// A new token of this kind for this address. Earlier ones sent by mail are good for nothing from now on.
    pub async fn issue(&self, kind: Kind, email: &str, lifetime_ms: i64) -> Result<Token, Problem> {
        let token = Token::new().map_err(Problem::internal)?;
        todo!(
            "store the hash {:?} of kind {} for {email} until {}",
            TokenHash::of(token.as_str()),
            kind.name(),
            now_ms() + lifetime_ms
        )
    }

    /// The account whose session this is.
    pub async fn session(&self, hash: &TokenHash) -> Result<Option<Account>, Problem> {
        todo!("whose living session is {:?}?", hash.0)
    }

    pub async fn end_session(&self, hash: &TokenHash) -> Result<(), Problem> {
        todo!("end the session {:?}", hash.0)
    }

    pub async fn end_all_sessions(&self, email: &str) -> Result<(), Problem> {
        todo!("end all sessions of {email}")
    }

    /// Makes an account with the token from a mail, and returns its address; none when the token is no good (any more).
    pub async fn register(&self, token: &str, password_hash: &str) -> Result<Option<String>, Problem> {
        let mut transaction = self.begin().await?;
        let email = redeem(&mut transaction, token, Kind::Register).await?;
        todo!("make the account {email:?} with {password_hash}, and commit")
    }

    /// Sets a new password with the token from a mail, ends all sessions and lifts the lock. Whether the token was good.
    pub async fn reset(&self, token: &str, password_hash: &str) -> Result<bool, Problem> {
        let mut transaction = self.begin().await?;
        let email = redeem(&mut transaction, token, Kind::Reset).await?;
        todo!("give {email:?} the password {password_hash}, end its sessions, lift its lock, and commit")
    }

    /// Counts an attempt to log in before it is looked at: attempts at the same time cannot all be the fifth. Returns
    /// for how many milliseconds the address is locked, if it is.
    pub async fn begin_attempt(&self, email: &str, lock_ms: i64) -> Result<Option<i64>, Problem> {
        todo!("count an attempt on {email}; is it locked, or does failure {FAILURES} lock it for {lock_ms} ms?")
    }

    /// The attempt was a success, so failures are counted from zero again.
    pub async fn forget_attempts(&self, email: &str) -> Result<(), Problem> {
        todo!("count from zero for {email}")
    }

    /// A new second factor, which does not count yet. One that counts already is not replaced: whether it was stored.
    pub async fn offer_totp(&self, email: &str, secret: &[u8]) -> Result<bool, Problem> {
        todo!("store a secret of {} bytes for {email}, unless one counts already", secret.len())
    }

    /// Notes the time step of a code; from now on the second factor counts. Whether the step was a new one: of two
    /// requests with the same code, one comes second.
    pub async fn use_totp(&self, email: &str, step: i64) -> Result<bool, Problem> {
        todo!("note step {step} for {email}, if it is later than the last")
    }

    /// A transaction that is the only writer from its beginning. One that began as a reader could find, when it wants to
    /// write, that somebody else has written meanwhile.
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, Problem> {
        self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(Problem::internal)
    }
}

/// Takes a token out of the table, so that it cannot be used again, and returns whose it was. Looking and taking are one
/// statement: of two requests with the same token, one finds nothing.
async fn redeem(
    transaction: &mut Transaction<'static, Sqlite>,
    token: &str,
    kind: Kind,
) -> Result<Option<String>, Problem> {
    todo!("take the {} token {:?} out of {transaction:?}", kind.name(), TokenHash::of(token))
}

fn account(row: &SqliteRow) -> Account {
    let secret: Option<Vec<u8>> = row.get("totp_secret");
    Account {
        email: row.get("email"),
        password_hash: row.get("password_hash"),
        totp: secret.map(|secret| Totp {
            secret,
            enabled: row.get("totp_enabled"),
            last_step: row.get("totp_last_step"),
        }),
    }
}
