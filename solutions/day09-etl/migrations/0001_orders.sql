-- How much of each file is in the database.
CREATE TABLE files (
    file  TEXT    NOT NULL PRIMARY KEY,
    bytes INTEGER NOT NULL,
    rows  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE orders (
    order_id   TEXT    NOT NULL PRIMARY KEY,
    shop       TEXT    NOT NULL,
    sku        TEXT    NOT NULL,
    quantity   INTEGER NOT NULL,
    currency   TEXT    NOT NULL,
    -- Of one piece, in the smallest unit of the currency.
    price      INTEGER NOT NULL,
    -- Milliseconds since 1970, UTC.
    ordered_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    -- Where it came from.
    file       TEXT    NOT NULL,
    row        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE daily_sales (
    day      TEXT    NOT NULL,
    shop     TEXT    NOT NULL,
    currency TEXT    NOT NULL,
    orders   INTEGER NOT NULL,
    units    INTEGER NOT NULL,
    amount   INTEGER NOT NULL,
    PRIMARY KEY (day, shop, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE rejects (
    file   TEXT    NOT NULL,
    row    INTEGER NOT NULL,
    reason TEXT    NOT NULL,
    field  TEXT,
    detail TEXT    NOT NULL,
    PRIMARY KEY (file, row)
) STRICT, WITHOUT ROWID;
