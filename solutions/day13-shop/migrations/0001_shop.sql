CREATE TABLE products (
    sku   TEXT    NOT NULL PRIMARY KEY,
    name  TEXT    NOT NULL,
    -- In cents.
    price INTEGER NOT NULL,
    -- What can still be ordered. The database itself refuses to sell what is not there.
    stock INTEGER NOT NULL CHECK (stock >= 0)
) STRICT;

CREATE TABLE coupons (
    code    TEXT    NOT NULL PRIMARY KEY,
    percent INTEGER NOT NULL,
    amount  INTEGER NOT NULL
) STRICT;

CREATE TABLE carts (
    id TEXT NOT NULL PRIMARY KEY
) STRICT;

CREATE TABLE cart_items (
    cart     TEXT    NOT NULL REFERENCES carts,
    sku      TEXT    NOT NULL REFERENCES products,
    quantity INTEGER NOT NULL,
    PRIMARY KEY (cart, sku)
) STRICT;

CREATE TABLE cart_coupons (
    cart TEXT NOT NULL REFERENCES carts,
    code TEXT NOT NULL REFERENCES coupons,
    PRIMARY KEY (cart, code)
) STRICT;

CREATE TABLE orders (
    id         TEXT    NOT NULL PRIMARY KEY,
    -- A cart becomes one order at most, and so does a key.
    cart       TEXT    NOT NULL UNIQUE REFERENCES carts,
    key        TEXT    NOT NULL UNIQUE,
    status     TEXT    NOT NULL,
    discount   INTEGER NOT NULL,
    -- What the buyer pays with; null until then.
    token      TEXT,
    charge     TEXT,
    -- Milliseconds since 1970.
    expires_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX orders_by_status ON orders (status, expires_ms);

-- As they were when the order was made.
CREATE TABLE order_items (
    order_id TEXT    NOT NULL REFERENCES orders,
    sku      TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    price    INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    PRIMARY KEY (order_id, sku)
) STRICT;
