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

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'history is not changed: % on % is refused', TG_OP, TG_TABLE_NAME;
END $$;

CREATE TRIGGER transfers_stay BEFORE UPDATE OR DELETE ON transfers FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER transfers_are_not_emptied BEFORE TRUNCATE ON transfers EXECUTE FUNCTION refuse();
CREATE TRIGGER entries_stay BEFORE UPDATE OR DELETE ON entries FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER entries_are_not_emptied BEFORE TRUNCATE ON entries EXECUTE FUNCTION refuse();

-- A line continues the one before it. Two that continue the same one have the same number, and the primary key lets one in.
CREATE FUNCTION follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before entries%ROWTYPE;
    lowest BIGINT;
BEGIN
    SELECT * INTO before FROM entries WHERE account = NEW.account ORDER BY number DESC LIMIT 1;
    IF NEW.number <> coalesce(before.number, 0) + 1 OR NEW.balance <> coalesce(before.balance, 0) + NEW.amount THEN
        RAISE EXCEPTION 'entry % of % does not follow the one before it', NEW.number, NEW.account;
    END IF;
    SELECT min_balance INTO lowest FROM accounts WHERE id = NEW.account;
    IF NEW.amount < 0 AND NEW.balance < lowest THEN
        RAISE EXCEPTION 'account % would fall below %', NEW.account, lowest;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER entries_follow BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION follow();

-- At the end of a transaction, what one account gives the others have got.
CREATE FUNCTION balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(amount) FROM entries WHERE transfer = NEW.transfer) <> 0 THEN
        RAISE EXCEPTION 'the entries of transfer % do not add up to 0', NEW.transfer;
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER entries_balance AFTER INSERT ON entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION balance();
