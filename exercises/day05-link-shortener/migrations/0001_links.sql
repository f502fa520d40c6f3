-- One row for each link. A migration that has run anywhere is never edited again: what is missing comes in a new file.
CREATE TABLE links (
    -- The primary key can be there only once, and the database itself sees to it.
    code       TEXT    NOT NULL PRIMARY KEY,
    url        TEXT    NOT NULL,
    -- Milliseconds since 1970, UTC.
    created_ms INTEGER NOT NULL,
    -- NULL: never.
    expires_ms INTEGER
) STRICT;
