-- Keys are bytes: they are compared as bytes, and listed in that order.

CREATE TABLE buckets (
    name TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL -- milliseconds since 1970
) STRICT, WITHOUT ROWID;

CREATE TABLE objects (
    bucket TEXT NOT NULL REFERENCES buckets (name),
    key BLOB NOT NULL,
    -- Its content, in the folder beside this database. A replaced object gets another file, so a file never changes.
    file TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL, -- without quotes
    modified INTEGER NOT NULL,
    headers TEXT NOT NULL, -- what comes back with the object: "name: value" lines
    PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE uploads (
    id TEXT NOT NULL PRIMARY KEY,
    bucket TEXT NOT NULL REFERENCES buckets (name) ON DELETE CASCADE,
    key BLOB NOT NULL,
    headers TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE parts (
    upload TEXT NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    file TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    md5 BLOB NOT NULL,
    PRIMARY KEY (upload, number)
) STRICT, WITHOUT ROWID;
