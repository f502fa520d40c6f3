-- Who may log in.
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    -- In lower case, so that one mailbox is one account.
    email TEXT NOT NULL UNIQUE,
    -- argon2id in its own text form, with salt and cost.
    password_hash TEXT NOT NULL,
    totp_secret BLOB,
    -- A secret counts only after a first code has shown that it arrived.
    totp_enabled INTEGER NOT NULL DEFAULT 0,
    -- The time step of the last code that was accepted: no code counts twice.
    totp_last_step INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What proves something to us: a session cookie, or a link in a mail. Only hashes of tokens are stored, so whoever reads
-- this table can use none of them.
CREATE TABLE tokens (
    hash BLOB PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('session', 'register', 'reset')),
    email TEXT NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX tokens_by_email ON tokens (email, kind);

-- Failed logins in a row, for any address that was tried, whether there is such an account or not.
CREATE TABLE attempts (
    email TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    locked_until_ms INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
