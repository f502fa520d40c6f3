-- What the heads of all branches were when they were last looked at. A head that differs is a push that nobody has seen.
CREATE TABLE heads (
    repository TEXT NOT NULL,
    branch     TEXT NOT NULL,
    commit_id  TEXT NOT NULL,
    PRIMARY KEY (repository, branch)
) STRICT;

CREATE TABLE runs (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    repository  TEXT NOT NULL,
    branch      TEXT NOT NULL,
    commit_id   TEXT NOT NULL,
    status      TEXT NOT NULL,
    -- Why, where the status alone does not say it.
    note        TEXT,
    -- Every process of the run carries it in its environment.
    mark        TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    finished_at TEXT
) STRICT;

CREATE INDEX runs_by_status ON runs (status, id);

CREATE TABLE steps (
    run       INTEGER NOT NULL REFERENCES runs (id),
    number    INTEGER NOT NULL,
    name      TEXT NOT NULL,
    status    TEXT NOT NULL,
    exit_code INTEGER,
    PRIMARY KEY (run, number)
) STRICT;
