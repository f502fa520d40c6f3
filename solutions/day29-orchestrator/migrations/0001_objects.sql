-- One row: who we are, and the version of the last change.
CREATE TABLE cluster (
    id      TEXT    NOT NULL,
    version INTEGER NOT NULL
) STRICT;

-- Processes carry the id as a mark, so that no other cluster on this machine takes them for its own. A list of nothing has
-- version 1: to clients, 0 means "any".
INSERT INTO cluster VALUES (lower(hex(randomblob(8))), 1);

CREATE TABLE objects (
    -- As in paths: pods, deployments, configmaps.
    resource  TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name      TEXT NOT NULL,
    body      TEXT NOT NULL,
    PRIMARY KEY (resource, namespace, name)
) STRICT;

-- The last changes of all objects. Both bodies, because a watch with a selector has to know whether it knew the object.
CREATE TABLE changes (
    version   INTEGER PRIMARY KEY,
    resource  TEXT NOT NULL,
    namespace TEXT NOT NULL,
    before    TEXT,
    after     TEXT
) STRICT;
