-- A document is here when all of its passages are.
CREATE TABLE documents (
    -- Below the folder of documents, with / between its parts.
    path   TEXT    NOT NULL PRIMARY KEY,
    -- Of its bytes, in lower-case hexadecimal digits.
    sha256 TEXT    NOT NULL,
    -- The model that its vectors are from. Those of two models cannot be compared.
    model  TEXT    NOT NULL,
    bytes  INTEGER NOT NULL
) STRICT;

CREATE TABLE passages (
    id         INTEGER PRIMARY KEY,
    path       TEXT    NOT NULL REFERENCES documents ON DELETE CASCADE,
    -- Counted from 1, both included.
    first_line INTEGER NOT NULL,
    last_line  INTEGER NOT NULL,
    text       TEXT    NOT NULL,
    -- Numbers of 32 bits, little end first.
    vector     BLOB    NOT NULL
) STRICT;

CREATE INDEX passages_by_path ON passages (path);

-- Which word is in which passage. It takes the texts from the table of passages, and the triggers tell it what changes.
CREATE VIRTUAL TABLE words USING fts5(text, content = 'passages', content_rowid = 'id');

CREATE TRIGGER passage_added AFTER INSERT ON passages BEGIN
    INSERT INTO words (rowid, text) VALUES (new.id, new.text);
END;

CREATE TRIGGER passage_removed AFTER DELETE ON passages BEGIN
    INSERT INTO words (words, rowid, text) VALUES ('delete', old.id, old.text);
END;
