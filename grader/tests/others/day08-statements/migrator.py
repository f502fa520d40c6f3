#!/usr/bin/env python3
"""Day 8 in Python, for SQLite: scripts are cut into statements, and inside a transaction an authorizer forbids them to end it."""

import argparse
import hashlib
import os
import re
import sqlite3
import sys
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

PATIENCE = 120
LARGEST = 2**63 - 1
TABLE = """CREATE TABLE IF NOT EXISTS _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
)"""
FAULTS = (sqlite3.Error, sqlite3.Warning, ValueError)


class CannotBeDone(Exception):
    pass


class Migration:
    def __init__(self, version):
        self.version = version
        self.description = None
        self.up = self.down = None
        self.files = {}

    def checksum(self):
        return hashlib.sha384(self.up).digest()


def read_folder(folder):
    """The migrations in it, by version."""
    found = {}
    try:
        names = sorted(path.name for path in Path(folder).iterdir() if path.is_file())
    except OSError as error:
        raise CannotBeDone(f"{folder} cannot be read: {error.strerror}; name the folder of the migrations with --source")
    for name in names:
        number, underscore, rest = name.partition("_")
        if not underscore or not rest.endswith(".sql"):
            continue
        if not re.fullmatch("[0-9]+", number, re.ASCII) or not 1 <= int(number.lstrip("0")[:20] or 0) <= LARGEST:
            raise CannotBeDone(f"{name}: the version {number!r} is no whole number from 1 that fits into 64 bits")
        rest, way = rest[:-4], "up"
        for suffix in ("up", "down"):
            if rest.endswith(f".{suffix}"):
                rest, way = rest[: -len(suffix) - 1], suffix
                break
        migration = found.setdefault(int(number), Migration(int(number)))
        if way in migration.files:
            raise CannotBeDone(f"{migration.files[way]} and {name} are two ways {way} of one version; give one another version")
        migration.files[way] = name
        try:
            text = (Path(folder) / name).read_bytes()
            text.decode()
        except UnicodeDecodeError:
            raise CannotBeDone(f"{name} is not UTF-8; convert it")
        except OSError as error:
            raise CannotBeDone(f"{name} cannot be read: {error.strerror}")
        setattr(migration, way, text)
        if way == "up":
            migration.description = rest.replace("_", " ")
    for migration in found.values():
        if migration.up is None:
            raise CannotBeDone(f"{migration.files['down']} is a way back without a way up; add the other file")
    return found


def statements(script):
    """A script cut where the database says that a statement is complete: a semicolon may stand in a text or a trigger."""
    statement = ""
    for piece in re.findall("[^;]*;|[^;]+$", script):
        statement += piece
        if piece.endswith(";") and sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement


class Database:
    def __init__(self, file, mode):
        self.file = file
        self.connection = None
        if mode != "rwc" and not os.path.exists(file):
            raise CannotBeDone(f"there is no {file}; `up` makes it")
        try:
            place = f"{Path(file).absolute().as_uri()}?mode={mode}"
            self.connection = sqlite3.connect(place, uri=True, timeout=PATIENCE, isolation_level=None)
            self.connection.execute("PRAGMA foreign_keys = ON")
            self.has_table()
        except FAULTS as error:
            raise self.fault(error)

    def fault(self, error):
        return CannotBeDone(f"{self.file}: {error}")

    def has_table(self):
        return self.connection.execute("SELECT 1 FROM sqlite_master WHERE name = '_sqlx_migrations'").fetchone() is not None

    def records(self):
        if not self.has_table():
            return {}
        query = "SELECT version, description, success, checksum FROM _sqlx_migrations"
        return {version: rest for version, *rest in self.connection.execute(query)}

    def prepare(self):
        if not self.has_table():
            self.connection.execute(TABLE)

    def is_recorded(self, version):
        return self.connection.execute("SELECT 1 FROM _sqlx_migrations WHERE version = ?", [version]).fetchone() is not None

    def run(self, script, wanted, version, record):
        """A script and its record. False if somebody else was faster: `wanted` says whether there has to be a record."""
        execute = self.connection.execute
        in_one = not script.startswith(b"-- no-transaction")
        try:
            execute("BEGIN IMMEDIATE")
            if self.is_recorded(version) != wanted:
                execute("ROLLBACK")
                return False
            begin = time.monotonic_ns()
            if in_one:
                self.connection.set_authorizer(no_transactions)
            else:
                execute("COMMIT")
            for statement in statements(script.decode()):
                execute(statement).fetchall()
            self.connection.set_authorizer(anything)
            record(max(time.monotonic_ns() - begin, 1))
            if in_one:
                execute("COMMIT")
            return True
        except FAULTS:
            self.connection.set_authorizer(anything)
            if self.connection.in_transaction:
                execute("ROLLBACK")
            raise

    def apply(self, migration):
        def record(took):
            row = [migration.version, migration.description, migration.checksum(), took]
            sql = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (?, ?, TRUE, ?, ?)"
            self.connection.execute(sql, row)

        return self.run(migration.up, False, migration.version, record)

    def revert(self, migration):
        def forget(_):
            self.connection.execute("DELETE FROM _sqlx_migrations WHERE version = ?", [migration.version])

        return self.run(migration.down, True, migration.version, forget)


def no_transactions(action, *_):
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_TRANSACTION else sqlite3.SQLITE_OK


def anything(*_):
    # Only since 3.11 does Python take None in its place.
    return sqlite3.SQLITE_OK


def states(migrations, records):
    """State and description of each version, in order."""
    found = {}
    latest = max(records, default=0)
    for version in sorted({*migrations, *records}):
        migration, record = migrations.get(version), records.get(version)
        description = migration.description if migration else record[0]
        if record is None:
            state = "late" if version < latest else "pending"
        elif not record[1]:
            state = "failed"
        elif migration is None:
            state = "missing"
        else:
            state = "applied" if bytes(record[2]) == migration.checksum() else "changed"
        found[version] = (state, description)
    return found


def expect_none(found, *obstacles):
    wrong = [f"{version} {description} is {state}" for version, (state, description) in found.items() if state in obstacles]
    if wrong:
        raise CannotBeDone(f"nothing is done while {', '.join(wrong)}; `verify` lists them")


def say(line):
    text = f"{line}\n".encode()
    try:
        while text:
            text = text[os.write(1, text) :]
    except BrokenPipeError:
        # Whoever has read enough does not stop the work.
        pass


def up(options, migrations):
    database = Database(options.file, "rw" if options.dry_run else "rwc")
    if not options.dry_run:
        database.prepare()
    found = states(migrations, database.records())
    expect_none(found, "changed", "missing", "failed")
    most = LARGEST if options.to is None else options.to
    for version, (state, description) in found.items():
        if state == "applied" or version > most:
            continue
        if options.dry_run:
            say(f"would apply {version} {description}")
            continue
        try:
            is_ours = database.apply(migrations[version])
        except FAULTS as error:
            raise CannotBeDone(f"{options.file}: {version} {description} failed: {error}; mend the file, and run `up` again")
        if is_ours:
            say(f"applied {version} {description}")


def down(options, migrations):
    database = Database(options.file, "rw")
    found = states(migrations, database.records())
    expect_none(found, "missing", "failed")
    applied = [version for version, (state, _) in found.items() if state in ("applied", "changed")]
    wanted = applied[-1:] if options.to is None else [version for version in applied if version > options.to]
    stuck = [f"{version} {found[version][1]}" for version in wanted if migrations[version].down is None]
    if stuck:
        raise CannotBeDone(f"nothing is reverted, because there is no way back from {', '.join(stuck)}")
    for version in reversed(wanted):
        description = found[version][1]
        if options.dry_run:
            say(f"would revert {version} {description}")
            continue
        try:
            is_ours = database.revert(migrations[version])
        except FAULTS as error:
            raise CannotBeDone(f"{options.file}: the way back from {version} {description} failed: {error}; mend the file")
        if is_ours:
            say(f"reverted {version} {description}")


def status(options, migrations):
    for version, (state, description) in states(migrations, Database(options.file, "rw").records()).items():
        say(f"{state} {version} {description}")


def verify(options, migrations):
    found = states(migrations, Database(options.file, "rw").records())
    wrong = {version: it for version, it in found.items() if it[0] not in ("applied", "pending")}
    for version, (state, description) in wrong.items():
        say(f"{state} {version} {description}")
    if wrong:
        raise CannotBeDone(f"not as it should be: {', '.join(f'{version} {it[1]}' for version, it in wrong.items())}")


def a_version(text):
    if not re.fullmatch("[0-9]+", text, re.ASCII) or len(text.lstrip("0")) > 19 or int(text) > LARGEST:
        # The text may be what somebody typed in the wrong place.
        raise argparse.ArgumentTypeError("that is no version")
    return int(text)


def arguments():
    parser = argparse.ArgumentParser(prog="migrator", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    for command in (up, down, status, verify):
        part = commands.add_parser(command.__name__, allow_abbrev=False)
        part.set_defaults(run=command, to=None, dry_run=False)
        part.add_argument("--url", default=os.environ.get("DATABASE_URL"), metavar="URL")
        part.add_argument("--source", default=os.environ.get("MIGRATIONS", "migrations"), metavar="DIR")
        if command in (up, down):
            part.add_argument("--to", type=a_version, metavar="VERSION")
            part.add_argument("--dry-run", action="store_true")
    options = parser.parse_args()
    kind, colon, rest = (options.url or "").partition(":")
    if kind in ("postgres", "postgresql") and colon:
        try:
            place = urlsplit(options.url)
            server = f"{place.hostname}:{place.port or 5432}"
        except ValueError:
            # What urlsplit says could show a password.
            parser.error("--url is no address of a server")
        sys.exit(f"migrator: this program knows SQLite only, and not the server at {server}")
    if kind != "sqlite" or not colon:
        parser.error("--url is sqlite:FILE")
    file = rest.partition("?")[0]
    options.file = unquote(file[2:] if file.startswith("//") else file)
    if not options.file:
        parser.error("--url names no file")
    return options


def main():
    options = arguments()
    try:
        migrations = read_folder(options.source)
        if options.to and options.to not in migrations:
            raise CannotBeDone(f"--to {options.to}: no file has this version")
        options.run(options, migrations)
    except CannotBeDone as error:
        sys.exit("migrator: " + " ".join(str(error).split()))
    except FAULTS as error:
        sys.exit(f"migrator: {options.file}: {' '.join(str(error).split())}")


main()
