CREATE TABLE databases (
    id   INTEGER NOT NULL PRIMARY KEY,
    name TEXT    NOT NULL UNIQUE
) STRICT;

-- How long points are kept. Every database has one called autogen, which keeps them for ever.
CREATE TABLE policies (
    id          INTEGER NOT NULL PRIMARY KEY,
    database    INTEGER NOT NULL REFERENCES databases,
    name        TEXT    NOT NULL,
    -- In nanoseconds; null is for ever.
    duration_ns INTEGER,
    -- Where points go when nobody names a policy.
    is_default  INTEGER NOT NULL,
    UNIQUE (database, name)
) STRICT;

-- A field of a measurement has one type, which its first value decides.
CREATE TABLE fields (
    id          INTEGER NOT NULL PRIMARY KEY,
    database    INTEGER NOT NULL REFERENCES databases,
    measurement TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    -- float, integer, string or boolean
    kind        TEXT    NOT NULL,
    UNIQUE (database, measurement, name)
) STRICT;

-- A measurement and a set of tags.
CREATE TABLE series (
    id          INTEGER NOT NULL PRIMARY KEY,
    policy      INTEGER NOT NULL REFERENCES policies,
    measurement TEXT    NOT NULL,
    -- A JSON object, its keys in order: equal sets are equal texts.
    tags        TEXT    NOT NULL,
    UNIQUE (policy, measurement, tags)
) STRICT;

-- One row for each value. The key is the order in which values are read: of one series and field, by time.
CREATE TABLE points (
    series INTEGER NOT NULL,
    field  INTEGER NOT NULL,
    -- Nanoseconds since 1970.
    time   INTEGER NOT NULL,
    -- REAL, INTEGER or TEXT; a boolean is 0 or 1.
    value  ANY     NOT NULL,
    PRIMARY KEY (series, field, time)
) STRICT, WITHOUT ROWID;
