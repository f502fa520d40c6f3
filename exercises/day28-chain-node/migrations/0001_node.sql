-- Every block whose own rules are kept, whether it is on the chain or not.
CREATE TABLE blocks (
    -- In the order of arrival: of two chains with the same work, the first one counts.
    seq     INTEGER PRIMARY KEY,
    hash    BLOB    NOT NULL UNIQUE,
    parent  BLOB    NOT NULL,
    height  INTEGER NOT NULL,
    -- Of the whole chain up to here: 32 bytes, big-endian, so that bytes compare as numbers do.
    work    BLOB    NOT NULL,
    time    INTEGER NOT NULL,
    block   BLOB    NOT NULL,
    -- The coins that it has spent, while it is on the chain.
    undo    BLOB,
    -- Whether it is on the chain. The highest of these blocks is the tip.
    active  INTEGER NOT NULL DEFAULT 0,
    -- Whether it, or a block below it, breaks a rule.
    invalid INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX blocks_by_parent ON blocks (parent);
CREATE INDEX blocks_by_work ON blocks (work);
CREATE UNIQUE INDEX the_chain ON blocks (height) WHERE active;

-- The outputs that nobody has spent, as of the tip.
CREATE TABLE coins (
    txid     BLOB    NOT NULL,
    vout     INTEGER NOT NULL,
    value    INTEGER NOT NULL,
    script   BLOB    NOT NULL,
    height   INTEGER NOT NULL,
    coinbase INTEGER NOT NULL,
    PRIMARY KEY (txid, vout)
) STRICT, WITHOUT ROWID;

CREATE INDEX coins_by_script ON coins (script);

-- Transactions that wait for a block, parents before children.
CREATE TABLE pool (
    seq  INTEGER PRIMARY KEY,
    txid BLOB NOT NULL UNIQUE,
    body BLOB NOT NULL
) STRICT;

-- The wallet: the secret key of each script that pays to it.
CREATE TABLE keys (
    script BLOB PRIMARY KEY,
    secret BLOB NOT NULL
) STRICT, WITHOUT ROWID;
