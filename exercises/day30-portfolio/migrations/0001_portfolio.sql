-- What there is one of.
CREATE TABLE portfolio (
    only_one INTEGER NOT NULL PRIMARY KEY CHECK (only_one = 1),
    begun_ms INTEGER NOT NULL,
    -- The key that signs certificates, 32 bytes. Whoever can read this file can sign them.
    secret   BLOB    NOT NULL,
    -- The roadmap as day 1 prints it.
    roadmap  TEXT    NOT NULL DEFAULT '[]'
) STRICT;

-- Which reports were taken. Their content is in the days.
CREATE TABLE reports (
    -- SHA-256 of the JSON value.
    id TEXT NOT NULL PRIMARY KEY
) STRICT;

-- The latest word on each day.
CREATE TABLE days (
    number          INTEGER NOT NULL PRIMARY KEY,
    id              TEXT    NOT NULL,
    title           TEXT    NOT NULL,
    outcome         TEXT    NOT NULL CHECK (outcome IN ('star', 'passed', 'failed')),
    points          INTEGER NOT NULL,
    points_required INTEGER NOT NULL,
    -- What its checkpoints say that passed: an array of texts.
    highlights      TEXT    NOT NULL,
    -- When the report arrived with which it first passed. It stays.
    passed_ms       INTEGER
) STRICT;

CREATE TABLE certificates (
    number    INTEGER NOT NULL PRIMARY KEY,
    id        TEXT    NOT NULL UNIQUE,
    issued_ms INTEGER NOT NULL,
    jws       TEXT    NOT NULL,
    revoked   INTEGER NOT NULL DEFAULT 0
) STRICT;
