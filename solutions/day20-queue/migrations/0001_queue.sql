CREATE TABLE queues (
    -- Never used twice, so that nobody who waits at a deleted queue is woken by its successor.
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    name     TEXT    NOT NULL UNIQUE,
    -- A JSON object, see settings.rs.
    settings TEXT    NOT NULL
) STRICT;

CREATE TABLE messages (
    -- Grows with every message: the order of a queue.
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    queue             INTEGER NOT NULL REFERENCES queues ON DELETE CASCADE,
    message_id        TEXT    NOT NULL,
    body              TEXT    NOT NULL,
    -- A JSON object.
    attributes        TEXT    NOT NULL,
    -- For FIFO queues.
    group_id          TEXT,
    deduplication_id  TEXT,
    -- Milliseconds since 1970.
    sent_ms           INTEGER NOT NULL,
    -- Nobody gets it before. This one column is the delay and the visibility timeout.
    visible_ms        INTEGER NOT NULL,
    receives          INTEGER NOT NULL DEFAULT 0,
    first_received_ms INTEGER,
    -- The handle of the latest receive; null before the first.
    receipt           TEXT
) STRICT;

CREATE INDEX messages_by_visibility ON messages (queue, visible_ms);
CREATE INDEX messages_by_receipt ON messages (receipt);
CREATE INDEX messages_by_group ON messages (queue, group_id, visible_ms);

-- What was sent to FIFO queues in the last five minutes.
CREATE TABLE deduplication (
    queue      INTEGER NOT NULL REFERENCES queues ON DELETE CASCADE,
    id         TEXT    NOT NULL,
    message_id TEXT    NOT NULL,
    sequence   INTEGER NOT NULL,
    until_ms   INTEGER NOT NULL,
    PRIMARY KEY (queue, id)
) STRICT;
