CREATE TABLE keys (
    id      TEXT    PRIMARY KEY,
    name    TEXT    NOT NULL,
    -- SHA-256 of the key. The key itself is nowhere.
    hash    BLOB    NOT NULL UNIQUE,
    -- In micro-cents, as all money.
    budget  INTEGER NOT NULL,
    spent   INTEGER NOT NULL DEFAULT 0,
    revoked INTEGER NOT NULL DEFAULT 0
) STRICT;

-- A row for each call that has begun and is not charged yet.
CREATE TABLE reservations (
    -- Never used twice, so that nobody settles another call than his own.
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    key    TEXT    NOT NULL REFERENCES keys,
    amount INTEGER NOT NULL
) STRICT;

CREATE INDEX reservations_by_key ON reservations (key);
