-- History is written once. What the program checks for a good answer, the database checks for good.

CREATE TABLE accounts (
    id          TEXT COLLATE "C" PRIMARY KEY,
    currency    TEXT NOT NULL,
    -- How far down the balance may go; NULL for accounts that may owe anything, such as the bank's own.
    min_balance BIGINT
);

CREATE TABLE transfers (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The name that the client gave to the intention; NULL for those that the ledger makes itself.
    key         TEXT UNIQUE,
    -- What came with the key, to notice another intention of the same name.
    request     TEXT NOT NULL,
    description TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL
);

-- One line of an account. The balance is part of the line, as in a bank statement: it is never changed either.
CREATE TABLE entries (
    account  TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    -- 1, 2, 3 … within the account.
    number   BIGINT NOT NULL,
    transfer BIGINT NOT NULL REFERENCES transfers (id),
    amount   BIGINT NOT NULL CHECK (amount <> 0),
    balance  BIGINT NOT NULL,
    at       TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account, number)
);

CREATE INDEX entries_of_transfer ON entries (transfer);
CREATE INDEX entries_by_time ON entries (account, at);

CREATE TABLE holds (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key      TEXT UNIQUE,
    request  TEXT NOT NULL,
    account  TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    amount   BIGINT NOT NULL CHECK (amount > 0),
    status   TEXT NOT NULL CHECK (status IN ('held', 'captured', 'released')),
    transfer BIGINT REFERENCES transfers (id)
);

CREATE INDEX open_holds ON holds (account) WHERE status = 'held';

-- To be written: triggers that refuse to change or empty transfers and entries, entries that do not continue the line
-- before them, and transfers whose entries do not add up to 0.
