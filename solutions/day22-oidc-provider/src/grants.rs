//! Codes and tokens. Only their hashes are stored, so a stolen database opens nothing. Each change is one transaction.

use crate::params::Refusal;
use data_encoding::BASE64URL_NOPAD;
use plumbing::Problem;
use plumbing_sqlite::Database;
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;
use std::time::{SystemTime, UNIX_EPOCH};

/// In milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    pub code_ms: i64,
    pub access_ms: i64,
    pub refresh_ms: i64,
}

#[derive(Debug)]
pub struct Grants {
    database: Database,
    pub lifetimes: Lifetimes,
}

/// What a user has allowed.
#[derive(Debug)]
pub struct Approval<'a> {
    pub client: &'a str,
    pub sub: &'a str,
    pub scope: &'a str,
    pub redirect_uri: &'a str,
    /// SHA-256 of the secret that the client will have to know, in base64url (RFC 7636).
    pub challenge: &'a str,
    pub nonce: Option<&'a str>,
}

/// New tokens, and what their ID token has to say.
#[derive(Debug)]
pub struct Issued {
    pub access_token: String,
    pub refresh_token: Option<String>,
    pub scope: String,
    pub sub: String,
    pub nonce: Option<String>,
    pub auth_ms: i64,
}

/// A token that is valid now.
#[derive(Debug, sqlx::FromRow)]
pub struct Token {
    pub kind: String,
    pub client: String,
    pub sub: String,
    pub scope: String,
    pub made_ms: i64,
    pub expires_ms: i64,
}

#[derive(sqlx::FromRow)]
struct Grant {
    id: i64,
    client: String,
    sub: String,
    scope: String,
    auth_ms: i64,
    code_expires_ms: i64,
    code_used: bool,
    redirect_uri: String,
    challenge: String,
    nonce: Option<String>,
}

impl Grants {
    pub fn new(database: Database, lifetimes: Lifetimes) -> Grants {
        Grants { database, lifetimes }
    }

    /// Notes down what a user has allowed, and returns the code for it.
    pub async fn approve(&self, approval: &Approval<'_>) -> Result<String, Refusal> {
        let (code, now) = (random()?, now_ms());
        let mut transaction = self.database.begin().await?;
        // What is over is of no use to anybody.
        sqlx::query("DELETE FROM grants WHERE ends_ms <= ?").bind(now).execute(&mut *transaction).await?;
        sqlx::query(
            "INSERT INTO grants (client, sub, scope, auth_ms, code, code_expires_ms, redirect_uri, challenge, nonce, ends_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?6)",
        )
        .bind(approval.client)
        .bind(approval.sub)
        .bind(approval.scope)
        .bind(now)
        .bind(hash(&code))
        .bind(now + self.lifetimes.code_ms)
        .bind(approval.redirect_uri)
        .bind(approval.challenge)
        .bind(approval.nonce)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(code)
    }

    /// Tokens for a code. Of all who redeem it at the same moment one is the first, because transactions that write come one
    /// after another; for the others it was used before.
    pub async fn redeem(
        &self,
        client: &str,
        code: &str,
        redirect_uri: &str,
        verifier: &str,
    ) -> Result<Issued, Refusal> {
        let mut transaction = self.database.begin().await?;
        let query = sqlx::query_as("SELECT * FROM grants WHERE code = ?").bind(hash(code));
        let found: Option<Grant> = query.fetch_optional(&mut *transaction).await?;
        let grant = found.filter(|grant| grant.client == client).ok_or_else(invalid_grant)?;
        if grant.code_used {
            // Either the first to come was a thief, or this one is. Committed although the answer is no.
            revoke_all(&mut transaction, grant.id).await?;
            transaction.commit().await?;
            return Err(invalid_grant());
        }
        if !grant.goes_with(redirect_uri, verifier) {
            return Err(invalid_grant());
        }
        let query = sqlx::query("UPDATE grants SET code_used = 1 WHERE id = ?").bind(grant.id);
        query.execute(&mut *transaction).await?;
        let nonce = grant.nonce.clone();
        let issued = self.issue(&mut transaction, &grant).await?;
        transaction.commit().await?;
        Ok(Issued { nonce, ..issued })
    }

    /// Tokens for a refresh token, which is used up by that.
    pub async fn refresh(&self, client: &str, token: &str) -> Result<Issued, Refusal> {
        let mut transaction = self.database.begin().await?;
        let query = sqlx::query_as("SELECT grant_id, expires_ms, used FROM tokens WHERE hash = ? AND kind = 'refresh'");
        let found: Option<(i64, i64, bool)> = query.bind(hash(token)).fetch_optional(&mut *transaction).await?;
        let (grant_id, expires_ms, used) = found.ok_or_else(invalid_grant)?;
        let query = sqlx::query_as("SELECT * FROM grants WHERE id = ?").bind(grant_id);
        let grant: Grant = query.fetch_one(&mut *transaction).await?;
        if grant.client != client {
            return Err(invalid_grant());
        }
        if used {
            revoke_all(&mut transaction, grant.id).await?;
            transaction.commit().await?;
            return Err(invalid_grant());
        }
        if expires_ms <= now_ms() {
            return Err(invalid_grant());
        }
        let query = sqlx::query("UPDATE tokens SET used = 1 WHERE hash = ?").bind(hash(token));
        query.execute(&mut *transaction).await?;
        let issued = self.issue(&mut transaction, &grant).await?;
        transaction.commit().await?;
        Ok(issued)
    }

    /// The token, if it is valid now.
    pub async fn find(&self, token: &str) -> Result<Option<Token>, Refusal> {
        let query = sqlx::query_as(
            "SELECT kind, client, sub, scope, made_ms, expires_ms FROM tokens JOIN grants ON grants.id = grant_id
             WHERE hash = ? AND expires_ms > ? AND NOT used",
        );
        Ok(query.bind(hash(token)).bind(now_ms()).fetch_optional(self.database.reader()).await?)
    }

    /// Ends an access token, or with a refresh token everything that follows from the same code. A token that is not there is
    /// no error (RFC 7009, section 2.2), somebody else's is.
    pub async fn revoke(&self, client: &str, token: &str) -> Result<(), Refusal> {
        let mut transaction = self.database.begin().await?;
        let query = sqlx::query_as(
            "SELECT grant_id, kind, client FROM tokens JOIN grants ON grants.id = grant_id WHERE hash = ?",
        );
        let found: Option<(i64, String, String)> = query.bind(hash(token)).fetch_optional(&mut *transaction).await?;
        match found {
            None => return Ok(()),
            Some((_, _, owner)) if owner != client => return Err(invalid_grant()),
            Some((grant, kind, _)) if kind == "refresh" => revoke_all(&mut transaction, grant).await?,
            Some(_) => {
                sqlx::query("DELETE FROM tokens WHERE hash = ?").bind(hash(token)).execute(&mut *transaction).await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Makes an access token, and a refresh token where that was allowed. The grant lasts as long as they do.
    async fn issue(&self, connection: &mut SqliteConnection, grant: &Grant) -> Result<Issued, Refusal> {
        let Lifetimes { access_ms, refresh_ms, .. } = self.lifetimes;
        let access_token = store(connection, grant.id, "access", access_ms).await?;
        let refresh_token = if grant.scope.split(' ').any(|scope| scope == "offline_access") {
            Some(store(connection, grant.id, "refresh", refresh_ms).await?)
        } else {
            None
        };
        let (scope, sub, auth_ms) = (grant.scope.clone(), grant.sub.clone(), grant.auth_ms);
        Ok(Issued { access_token, refresh_token, scope, sub, nonce: None, auth_ms })
    }
}

impl Grant {
    /// Whether the code is fresh, and the client who shows this is the one that began (RFC 7636, section 4.6).
    fn goes_with(&self, redirect_uri: &str, verifier: &str) -> bool {
        let proves = BASE64URL_NOPAD.encode(&Sha256::digest(verifier)) == self.challenge;
        self.code_expires_ms > now_ms() && self.redirect_uri == redirect_uri && proves
    }
}

/// Stores a new token, and returns it.
async fn store(connection: &mut SqliteConnection, grant: i64, kind: &str, lifetime_ms: i64) -> Result<String, Refusal> {
    let (token, now) = (random()?, now_ms());
    sqlx::query("INSERT INTO tokens (hash, grant_id, kind, made_ms, expires_ms) VALUES (?, ?, ?, ?, ?)")
        .bind(hash(&token))
        .bind(grant)
        .bind(kind)
        .bind(now)
        .bind(now + lifetime_ms)
        .execute(&mut *connection)
        .await?;
    let query = sqlx::query("UPDATE grants SET ends_ms = max(ends_ms, ?) WHERE id = ?");
    query.bind(now + lifetime_ms).bind(grant).execute(connection).await?;
    Ok(token)
}

async fn revoke_all(connection: &mut SqliteConnection, grant: i64) -> Result<(), Refusal> {
    sqlx::query("DELETE FROM tokens WHERE grant_id = ?").bind(grant).execute(connection).await?;
    Ok(())
}

/// One answer for all reasons: who guesses learns nothing.
fn invalid_grant() -> Refusal {
    Refusal::new("invalid_grant", "the code or token is not valid for this client, or not any more")
}

/// 256 bits. What nobody can guess needs no slow hash and no salt.
fn random() -> Result<String, Refusal> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| Refusal::Database(Problem::internal(error)))?;
    Ok(BASE64URL_NOPAD.encode(&bytes))
}

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}

pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
