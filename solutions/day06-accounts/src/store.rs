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
        let mut transaction = self.begin().await?;
        if kind != Kind::Session {
            let query = sqlx::query("DELETE FROM tokens WHERE email = ? AND kind = ?").bind(email).bind(kind.name());
            query.execute(&mut *transaction).await.map_err(Problem::internal)?;
        }
        let query = sqlx::query("INSERT INTO tokens (hash, kind, email, expires_ms) VALUES (?, ?, ?, ?)");
        let query = query.bind(TokenHash::of(token.as_str()).0).bind(kind.name()).bind(email);
        query.bind(now_ms() + lifetime_ms).execute(&mut *transaction).await.map_err(Problem::internal)?;
        transaction.commit().await.map_err(Problem::internal)?;
        Ok(token)
    }

    /// The account whose session this is.
    pub async fn session(&self, hash: &TokenHash) -> Result<Option<Account>, Problem> {
        let query = sqlx::query(
            "SELECT accounts.* FROM tokens JOIN accounts USING (email)
             WHERE hash = ? AND kind = 'session' AND expires_ms > ?",
        );
        let row = query.bind(&hash.0).bind(now_ms()).fetch_optional(&self.pool).await.map_err(Problem::internal)?;
        Ok(row.as_ref().map(account))
    }

    pub async fn end_session(&self, hash: &TokenHash) -> Result<(), Problem> {
        let query = sqlx::query("DELETE FROM tokens WHERE hash = ? AND kind = 'session'").bind(&hash.0);
        query.execute(&self.pool).await.map(drop).map_err(Problem::internal)
    }

    pub async fn end_all_sessions(&self, email: &str) -> Result<(), Problem> {
        let query = sqlx::query("DELETE FROM tokens WHERE email = ? AND kind = 'session'").bind(email);
        query.execute(&self.pool).await.map(drop).map_err(Problem::internal)
    }

    /// Makes an account with the token from a mail, and returns its address; none when the token is no good (any more).
    pub async fn register(&self, token: &str, password_hash: &str) -> Result<Option<String>, Problem> {
        let mut transaction = self.begin().await?;
        let Some(email) = redeem(&mut transaction, token, Kind::Register).await? else { return Ok(None) };
        let query = sqlx::query("INSERT INTO accounts (email, password_hash) VALUES (?, ?) ON CONFLICT DO NOTHING");
        let query = query.bind(&email).bind(password_hash);
        let made = query.execute(&mut *transaction).await.map_err(Problem::internal)?.rows_affected();
        transaction.commit().await.map_err(Problem::internal)?;
        Ok((made == 1).then_some(email))
    }

    /// Sets a new password with the token from a mail, ends all sessions and lifts the lock. Whether the token was good.
    pub async fn reset(&self, token: &str, password_hash: &str) -> Result<bool, Problem> {
        let mut transaction = self.begin().await?;
        let Some(email) = redeem(&mut transaction, token, Kind::Reset).await? else { return Ok(false) };
        let password = sqlx::query("UPDATE accounts SET password_hash = ? WHERE email = ?").bind(password_hash);
        let sessions = sqlx::query("DELETE FROM tokens WHERE email = ? AND kind = 'session'").bind(&email);
        let attempts = sqlx::query("DELETE FROM attempts WHERE email = ?").bind(&email);
        for query in [password.bind(&email), sessions, attempts] {
            query.execute(&mut *transaction).await.map_err(Problem::internal)?;
        }
        transaction.commit().await.map_err(Problem::internal)?;
        Ok(true)
    }

    /// Counts an attempt to log in before it is looked at: attempts at the same time cannot all be the fifth. Returns
    /// for how many milliseconds the address is locked, if it is.
    pub async fn begin_attempt(&self, email: &str, lock_ms: i64) -> Result<Option<i64>, Problem> {
        let now = now_ms();
        let mut transaction = self.begin().await?;
        let query = sqlx::query("SELECT failures, locked_until_ms FROM attempts WHERE email = ?").bind(email);
        let row = query.fetch_optional(&mut *transaction).await.map_err(Problem::internal)?;
        let (failures, locked_until): (i64, i64) = row.map_or((0, 0), |row| (row.get(0), row.get(1)));
        if locked_until > now {
            return Ok(Some(locked_until - now));
        }
        // A lock that is over was for earlier failures.
        let failures = if locked_until > 0 { 1 } else { failures + 1 };
        let locked_until = if failures >= FAILURES { now + lock_ms } else { 0 };
        let query = sqlx::query("INSERT OR REPLACE INTO attempts (email, failures, locked_until_ms) VALUES (?, ?, ?)");
        let query = query.bind(email).bind(failures).bind(locked_until);
        query.execute(&mut *transaction).await.map_err(Problem::internal)?;
        transaction.commit().await.map_err(Problem::internal)?;
        Ok(None)
    }

    /// The attempt was a success, so failures are counted from zero again.
    pub async fn forget_attempts(&self, email: &str) -> Result<(), Problem> {
        let query = sqlx::query("DELETE FROM attempts WHERE email = ?").bind(email);
        query.execute(&self.pool).await.map(drop).map_err(Problem::internal)
    }

    /// A new second factor, which does not count yet. One that counts already is not replaced: whether it was stored.
    pub async fn offer_totp(&self, email: &str, secret: &[u8]) -> Result<bool, Problem> {
        let query = sqlx::query("UPDATE accounts SET totp_secret = ? WHERE email = ? AND totp_enabled = 0");
        let query = query.bind(secret).bind(email);
        Ok(query.execute(&self.pool).await.map_err(Problem::internal)?.rows_affected() == 1)
    }

    /// Notes the time step of a code; from now on the second factor counts. Whether the step was a new one: of two
    /// requests with the same code, one comes second.
    pub async fn use_totp(&self, email: &str, step: i64) -> Result<bool, Problem> {
        let query = sqlx::query(
            "UPDATE accounts SET totp_enabled = 1, totp_last_step = ? WHERE email = ? AND totp_last_step < ?",
        );
        let query = query.bind(step).bind(email).bind(step);
        Ok(query.execute(&self.pool).await.map_err(Problem::internal)?.rows_affected() == 1)
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
    let query = sqlx::query("DELETE FROM tokens WHERE hash = ? AND kind = ? AND expires_ms > ? RETURNING email");
    let query = query.bind(TokenHash::of(token).0).bind(kind.name()).bind(now_ms());
    let row = query.fetch_optional(&mut **transaction).await.map_err(Problem::internal)?;
    Ok(row.map(|row| row.get(0)))
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
