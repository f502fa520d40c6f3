CREATE TABLE endpoints (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    -- A JSON list of event types; an empty one stands for all.
    types TEXT NOT NULL,
    disabled INTEGER NOT NULL DEFAULT 0,
    -- Nothing is sent before this moment, because the receiver has said Retry-After.
    hold_ms INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE secrets (
    id INTEGER PRIMARY KEY,
    endpoint TEXT NOT NULL REFERENCES endpoints (id),
    secret BLOB NOT NULL,
    -- Null for the one that is valid until the next rotation.
    ends_ms INTEGER
);

CREATE INDEX secrets_by_endpoint ON secrets (endpoint);

CREATE TABLE events (
    id TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    -- The bytes as they were posted: they are what is signed.
    body BLOB NOT NULL
);

CREATE TABLE deliveries (
    -- In order of acceptance, which is the order within a key.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL REFERENCES events (id),
    endpoint TEXT NOT NULL REFERENCES endpoints (id),
    ordering_key TEXT,
    status TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'dead')),
    -- Failed attempts since it became pending.
    tries INTEGER NOT NULL DEFAULT 0,
    next_ms INTEGER,
    CHECK ((status = 'pending') = (next_ms IS NOT NULL))
);

CREATE INDEX deliveries_by_event ON deliveries (event);
CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint);
CREATE INDEX deliveries_pending ON deliveries (endpoint, next_ms) WHERE status = 'pending';
CREATE INDEX deliveries_in_order ON deliveries (endpoint, ordering_key) WHERE status = 'pending';

CREATE TABLE attempts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    delivery INTEGER NOT NULL REFERENCES deliveries (id),
    at_ms INTEGER NOT NULL,
    took_ms INTEGER NOT NULL,
    -- Either the status of an answer, or why there was none.
    status INTEGER,
    error TEXT
);

CREATE INDEX attempts_by_delivery ON attempts (delivery);
