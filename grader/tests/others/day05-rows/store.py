"""Links and clicks in SQLite. A click is a row of its own, and nothing is ever updated: how often a link was followed is
counted when somebody asks.

SQLite's rollback journal does the rest, with one connection that threads take turns on.
"""

import os
import sqlite3
import threading
import time
from pathlib import Path

SCHEMA = """
CREATE TABLE target (target_id INTEGER PRIMARY KEY, address TEXT NOT NULL);
CREATE TABLE name (
    name TEXT PRIMARY KEY,
    target_id INTEGER NOT NULL REFERENCES target,
    made_ms INTEGER NOT NULL,
    ends_ms INTEGER
) WITHOUT ROWID;
CREATE TABLE visit (visit_id INTEGER PRIMARY KEY, name TEXT NOT NULL REFERENCES name, at_ms INTEGER NOT NULL);
CREATE INDEX visit_by_name ON visit (name);
PRAGMA user_version = 1;
"""


class Damaged(Exception):
    """What is in the data folder is no sound database of this program."""


class Taken(Exception):
    """A name that is somebody else's already."""


class Link:
    def __init__(self, name, address, made_ms, ends_ms, visits=0):
        self.name, self.address, self.made_ms, self.ends_ms, self.visits = name, address, made_ms, ends_ms, visits

    def is_over(self):
        return self.ends_ms is not None and now_ms() >= self.ends_ms


def now_ms():
    return time.time_ns() // 1_000_000


class Store:
    def __init__(self, folder):
        path = Path(folder).absolute() / "shortener.sqlite3"
        os.makedirs(folder, exist_ok=True)
        self.turn = threading.Lock()
        try:
            # What another process was killed in the middle of has to be undone first, and that is a change.
            if path.exists() and not Path(f"{path}-journal").exists():
                check(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True))
            self.database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self.database.execute("PRAGMA synchronous = FULL")
            version = self.database.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                self.database.executescript(f"BEGIN;{SCHEMA}COMMIT;")
            else:
                check(self.database)
        except sqlite3.DatabaseError as error:
            raise Damaged(f"{path} is damaged: {error}; restore it from a backup, or take another folder") from error

    def make(self, links):
        """All of them or none."""
        with self.turn:
            self.database.execute("BEGIN IMMEDIATE")
            try:
                for link in links:
                    target = self.database.execute("INSERT INTO target (address) VALUES (?)", [link.address]).lastrowid
                    row = [link.name, target, link.made_ms, link.ends_ms]
                    self.database.execute("INSERT INTO name VALUES (?, ?, ?, ?)", row)
                self.database.execute("COMMIT")
            except sqlite3.IntegrityError as error:
                self.database.execute("ROLLBACK")
                raise Taken(link.name) from error
            except BaseException:
                self.database.execute("ROLLBACK")
                raise

    def find(self, name):
        with self.turn:
            return self.look_up(name)

    def visit(self, name):
        """The link that somebody follows, and whether it is over: then that was no visit."""
        with self.turn:
            link = self.look_up(name)
            is_over = link is not None and link.is_over()
            if link and not is_over:
                self.database.execute("INSERT INTO visit (name, at_ms) VALUES (?, ?)", [name, now_ms()])
            return link, is_over

    def look_up(self, name):
        query = (
            "SELECT name, address, made_ms, ends_ms, (SELECT count(*) FROM visit WHERE visit.name = name.name) "
            "FROM name JOIN target USING (target_id) WHERE name = ?"
        )
        row = self.database.execute(query, [name]).fetchone()
        return Link(*row) if row else None


def check(database):
    said = database.execute("PRAGMA integrity_check").fetchone()[0]
    if said != "ok":
        raise sqlite3.DatabaseError(said)
    if database.execute("PRAGMA user_version").fetchone()[0] != 1:
        raise sqlite3.DatabaseError("it is another program's, or another version's")
