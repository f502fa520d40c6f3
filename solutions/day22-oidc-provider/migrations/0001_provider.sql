-- The keys that sign ID tokens. The newest one signs; the older ones are published as long as a token of theirs may be valid.
CREATE TABLE keys (
    kid     TEXT    NOT NULL PRIMARY KEY,
    -- 32 bytes. Whoever can read this file can sign in everybody's name.
    secret  BLOB    NOT NULL,
    x       TEXT    NOT NULL,
    y       TEXT    NOT NULL,
    made_ms INTEGER NOT NULL
) STRICT;

-- What a user has allowed a client: it begins with a code, and all tokens that follow from the code belong to it.
CREATE TABLE grants (
    id              INTEGER NOT NULL PRIMARY KEY,
    client          TEXT    NOT NULL,
    sub             TEXT    NOT NULL,
    scope           TEXT    NOT NULL,
    auth_ms         INTEGER NOT NULL,
    -- SHA-256 of the code.
    code            BLOB    NOT NULL UNIQUE,
    code_expires_ms INTEGER NOT NULL,
    code_used       INTEGER NOT NULL DEFAULT 0,
    redirect_uri    TEXT    NOT NULL,
    challenge       TEXT    NOT NULL,
    nonce           TEXT,
    -- When the last of the code and the tokens ends, and with it the use of this row.
    ends_ms         INTEGER NOT NULL
) STRICT;

-- What is revoked is deleted. A refresh token that was used stays, so that a second use is noticed.
CREATE TABLE tokens (
    -- SHA-256 of the token.
    hash       BLOB    NOT NULL PRIMARY KEY,
    grant_id   INTEGER NOT NULL REFERENCES grants ON DELETE CASCADE,
    kind       TEXT    NOT NULL CHECK (kind IN ('access', 'refresh')),
    made_ms    INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    used       INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX tokens_of_a_grant ON tokens (grant_id);
CREATE INDEX grants_by_end ON grants (ends_ms);
