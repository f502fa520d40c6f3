#!/usr/bin/env python3
"""Day 1 in Python. What is inside roadmap.json is a program's own business, so here it is no JSON but a line for each skill
and, as the last one, a digest of the others. The lock is on the folder itself."""

import argparse
import contextlib
import fcntl
import hashlib
import heapq
import json
import os
import re
import sys
from pathlib import Path

ID = re.compile("[a-z0-9-]{1,40}")


class CannotBeDone(Exception):
    pass


class Skill:
    def __init__(self, needs=(), evidence=None):
        self.needs = set(needs)
        self.evidence = evidence


class Roadmap:
    def __init__(self, skills):
        self.skills = skills

    def is_open(self, name):
        return self.skills[name].evidence is None

    def open_needs(self, name):
        return sorted(need for need in self.skills[name].needs if self.is_open(need))

    def expect(self, name):
        if name not in self.skills:
            raise CannotBeDone(f"there is no skill {name}; see `list`, or add it first")

    def add(self, name, needs):
        for need in needs:
            if need != name:
                self.expect(need)
            circle = self.way(need, name)
            if circle:
                raise CannotBeDone(f"{' -> '.join([name, *circle])} would be a circle")
        self.skills.setdefault(name, Skill()).needs.update(needs)

    def way(self, start, goal):
        """From one skill along its needs to another."""
        ways, seen = [[start]], {start}
        while ways:
            way = ways.pop()
            if way[-1] == goal:
                return way
            further = self.skills[way[-1]].needs - seen
            seen |= further
            ways += [[*way, need] for need in further]
        return None

    def done(self, name, evidence):
        self.expect(name)
        missing = self.open_needs(name)
        if missing:
            raise CannotBeDone(f"{name} needs what is open: {', '.join(missing)}")
        self.skills[name].evidence = evidence

    def plan(self):
        """All that is open, in an order that respects needs, and otherwise the alphabet's."""
        waiting = {name: set(self.open_needs(name)) for name in self.skills if self.is_open(name)}
        ready = [name for name, needs in waiting.items() if not needs]
        heapq.heapify(ready)
        while ready:
            name = heapq.heappop(ready)
            yield name
            for other, needs in waiting.items():
                if name in needs:
                    needs.remove(name)
                    if not needs:
                        heapq.heappush(ready, other)

    def line(self, name):
        skill = self.skills[name]
        if skill.evidence is not None:
            return f"[x] {name}  {skill.evidence}"
        return f"[ ] {name}" + (f"  needs {', '.join(sorted(skill.needs))}" if skill.needs else "")

    def entry(self, name):
        skill = self.skills[name]
        return {"evidence": skill.evidence, "done": not self.is_open(name), "needs": sorted(skill.needs), "id": name}


class Shelf:
    """The folder with the roadmap."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.file = self.folder / "roadmap.json"

    def load(self):
        try:
            text = self.file.read_bytes().decode()
        except FileNotFoundError:
            return Roadmap({})
        except (OSError, ValueError) as error:
            raise CannotBeDone(f"{self.file} cannot be read: {error}")
        lines, last = text[: text.rstrip("\n").rfind("\n") + 1], text.rstrip("\n").rpartition("\n")[2]
        if last != digest(lines) or not text.endswith("\n"):
            raise CannotBeDone(f"{self.file} is damaged: its digest does not fit; restore it from a backup")
        skills = {}
        for line in lines.splitlines():
            name, needs, evidence = line.split("\t")
            skills[name] = Skill(filter(None, needs.split(",")), evidence or None)
        return Roadmap(skills)

    @contextlib.contextmanager
    def change(self):
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            place = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(place, fcntl.LOCK_EX)
        except OSError as error:
            raise CannotBeDone(f"{self.folder} cannot be used: {error}")
        roadmap = self.load()
        yield roadmap
        rows = [
            f"{name}\t{','.join(sorted(skill.needs))}\t{skill.evidence or ''}\n"
            for name, skill in sorted(roadmap.skills.items())
        ]
        text = "".join(rows)
        draft = self.folder / "roadmap.draft"
        try:
            with open(draft, "wb") as file:
                file.write(f"{text}{digest(text)}\n".encode())
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, self.file)
            os.fsync(place)
        except OSError as error:
            raise CannotBeDone(f"{self.file} cannot be written: {error}")


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def an_id(text):
    if not ID.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not 1 to 40 of a-z, 0-9 and -")
    return text


def ids(text):
    return [an_id(part) for part in text.split(",")]


def an_address(text):
    if not re.fullmatch(r"https?://\S+", text) or len(text) > 2000 or re.search("[\ud800-\udfff]", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no http:// or https:// address")
    return text


def a_number(text):
    if not re.fullmatch("0*[1-9][0-9]*", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    # No roadmap is longer than that.
    return int(text) if len(text) < 18 else sys.maxsize


def arguments():
    parser = argparse.ArgumentParser(prog="roadmap", allow_abbrev=False)
    parser.add_argument("--data-dir", default=os.environ.get("DATA_DIR", "data"), metavar="DIR")
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add", allow_abbrev=False)
    add.add_argument("id", type=an_id)
    add.add_argument("--needs", type=ids, action="append", default=[])
    done = commands.add_parser("done", allow_abbrev=False)
    done.add_argument("id", type=an_id)
    done.add_argument("--evidence", type=an_address, required=True)
    commands.add_parser("next", allow_abbrev=False)
    commands.add_parser("plan", allow_abbrev=False).add_argument("--per-week", type=a_number, required=True)
    commands.add_parser("list", allow_abbrev=False).add_argument("--json", action="store_true")
    return parser.parse_args()


def run(options):
    shelf = Shelf(options.data_dir)
    if options.command == "add":
        with shelf.change() as roadmap:
            roadmap.add(options.id, [need for needs in options.needs for need in needs])
        return ""
    if options.command == "done":
        with shelf.change() as roadmap:
            roadmap.done(options.id, options.evidence)
        return ""
    roadmap = shelf.load()
    names = sorted(roadmap.skills)
    if options.command == "next":
        lines = [name for name in names if roadmap.is_open(name) and not roadmap.open_needs(name)]
    elif options.command == "plan":
        order, size = list(roadmap.plan()), options.per_week
        weeks = [order[start : start + size] for start in range(0, len(order), size)]
        lines = [f"week {number}: {', '.join(week)}" for number, week in enumerate(weeks, 1)]
    elif options.json:
        lines = [json.dumps([roadmap.entry(name) for name in names], indent=1)]
    else:
        lines = [roadmap.line(name) for name in names]
    return "".join(f"{line}\n" for line in lines)


def say(text):
    rest = text.encode()
    try:
        while rest:
            rest = rest[os.write(1, rest) :]
    except BrokenPipeError:
        pass
    except OSError as error:
        raise CannotBeDone(f"standard output cannot be written: {error}")


def main():
    options = arguments()
    try:
        say(run(options))
    except CannotBeDone as error:
        sys.exit(f"roadmap: {error}")


main()
