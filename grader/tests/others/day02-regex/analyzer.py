#!/usr/bin/env python3
"""Day 2 in Python: regular expressions over bytes where the reference solution takes a line apart by hand."""

import argparse
import heapq
import io
import json
import os
import re
import stat
import sys
from collections import Counter

LONGEST = 65_536
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
QUOTED = rb'"([^"\\]*(?:\\.[^"\\]*)*)"'
# The two are matched one after the other, so that no line makes the second begin at many places.
HEAD = re.compile(
    rb"[^ ]+ [^ ]+ .*? \[([0-9]{2}/(?:%s)/[0-9]{4}):([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-][0-9]{2})([0-5][0-9])\] "
    % "|".join(MONTHS).encode(),
    re.DOTALL,
)
TAIL = re.compile(QUOTED + rb" ([1-9][0-9]{2}) ([0-9]+|-) " + QUOTED + b" " + QUOTED + rb"(?: ([^ ]*)(?: .*)?)?", re.DOTALL)
TOOK = re.compile(rb"([0-9]+)\.([0-9]{3})")
MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-5][0-9])"
)


class Unreadable(Exception):
    """A file or folder that cannot be read to its end."""


def days_before(year, month, day):
    """Days from 0000-01-01, which Python's own dates do not reach; None for a day that does not exist."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    lengths = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    if not 1 <= month <= 12 or not 1 <= day <= lengths[month - 1]:
        return None
    past = year - 1
    return year * 365 + past // 4 - past // 100 + past // 400 + sum(lengths[: month - 1]) + day


def written(seconds):
    """The moment in UTC, as RFC 3339 has it."""
    days, second = divmod(seconds, 86_400)
    year = days // 366
    while (days_before(year + 1, 1, 1)) <= days:
        year += 1
    month = max(month for month in range(1, 13) if days_before(year, month, 1) <= days)
    day = days - days_before(year, month, 1) + 1
    return f"{year:04}-{month:02}-{day:02}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"


def moment(text):
    """A --since or --until: the first whole second that is not before it."""
    found = MOMENT.fullmatch(text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no moment such as 2026-01-31T08:15:00Z")
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    days = days_before(year, month, day)
    if days is None or hour > 23 or minute > 59 or second > 59:
        raise argparse.ArgumentTypeError(f"{text!r} does not exist")
    zone = found[8]
    ahead = 0 if zone in "Zz" else (int(zone[1:3]) * 3600 + int(zone[4:]) * 60) * (-1 if zone[0] == "-" else 1)
    fraction = 1 if (found[7] or "").strip(".0") else 0
    return days * 86_400 + hour * 3600 + minute * 60 + second - ahead + fraction


def count(text):
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is no number")
    return int(text)


class Log:
    """What is kept of all lines: counts."""

    def __init__(self, since, until):
        self.since, self.until = since, until
        self.lines = self.malformed = self.requests = self.bytes = 0
        self.first = self.last = None
        self.statuses, self.times = Counter(), Counter()
        self.paths = {}
        self.dates = {}

    def read(self, stream):
        while True:
            # One byte more than the longest line with its end.
            line = stream.readline(LONGEST + 3)
            if not line:
                return
            self.lines += 1
            if line.endswith(b"\n"):
                line = line[:-2] if line.endswith(b"\r\n") else line[:-1]
            elif len(line) == LONGEST + 3:
                while line and not line.endswith(b"\n"):
                    line = stream.readline(LONGEST)
                self.malformed += 1
                continue
            if len(line) > LONGEST or not self.record(line):
                self.malformed += 1

    def record(self, line):
        head = HEAD.match(line)
        tail = head and TAIL.fullmatch(line, head.end())
        if not tail:
            return False
        date, hour, minute, second, hours_ahead, minutes_ahead = head.groups()
        request, status, size, _, _, took = tail.groups()
        days = self.days(date)
        hour, minute, second = int(hour), int(minute), int(second)
        if size == b"-":
            size = 0
        else:
            digits = size.lstrip(b"0")
            size = int(digits or 0) if len(digits) < 21 else 1 << 64
        if days is None or hour > 23 or minute > 59 or second > 59 or size >= 1 << 64:
            return False
        minutes = int(minutes_ahead) if hours_ahead.startswith(b"+") else -int(minutes_ahead)
        time = days * 86_400 + hour * 3600 + minute * 60 + second - int(hours_ahead) * 3600 - minutes * 60
        if (self.since is None or self.since <= time) and (self.until is None or time < self.until):
            self.add(time, request, status, size, took)
        return True

    def add(self, time, request, status, size, took):
        self.requests += 1
        self.bytes += size
        self.first = time if self.first is None else min(self.first, time)
        self.last = time if self.last is None else max(self.last, time)
        self.statuses[status] += 1
        words = request.split(b" ")
        path = words[1].split(b"?", 1)[0] if len(words) == 3 and all(words) else b"-"
        sums = self.paths.setdefault(path, [0, 0])
        sums[0] += 1
        sums[1] += size
        duration = took and TOOK.fullmatch(took)
        if duration:
            self.times[int(duration[1]) * 1000 + int(duration[2])] += 1

    def days(self, date):
        # A log has few dates; one that was made to have many is forgotten in time.
        if date not in self.dates:
            if len(self.dates) > 5000:
                self.dates.clear()
            day, month, year = date.decode().split("/")
            self.dates[date] = days_before(int(year), MONTHS.index(month) + 1, int(day))
        return self.dates[date]

    def percentiles(self):
        if not self.times:
            return None
        wanted = {"p50": 50, "p90": 90, "p99": 99, "max": 100}
        found, seen = {}, 0
        for time in sorted(self.times):
            seen += self.times[time]
            for name, percent in wanted.items():
                if name not in found and seen * 100 >= self.requests_with_time() * percent:
                    found[name] = time
        return found

    def requests_with_time(self):
        return sum(self.times.values())

    def top(self, number):
        ranked = heapq.nsmallest(number, self.paths.items(), key=lambda entry: (-entry[1][0], entry[0]))
        return [{"bytes": size, "requests": requests, "path": printable(path)} for path, (requests, size) in ranked]

    def totals(self):
        return {
            "paths": len(self.paths), "bytes": self.bytes, "requests": self.requests,
            "malformed": self.malformed, "lines": self.lines,
        }

    def moments(self):
        return {
            "last": None if self.last is None else written(self.last),
            "first": None if self.first is None else written(self.first),
        }


def printable(path):
    return re.sub("[\x00-\x1f\x7f-\x9f]", "\ufffd", path.decode("utf-8", "replace"))


def files_of(path):
    """The file itself, or all files of a folder and of those below. Of links only one that was named is followed."""
    if path == b"-" or not os.path.isdir(path):
        yield path
        return
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from files_of(entry.path)
                elif stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
                    yield entry.path
    except OSError as error:
        raise Unreadable(f"{os.fsdecode(path)}: {error.strerror}")


def read_file(log, path):
    if path == b"-":
        log.read(sys.stdin.buffer)
        return
    try:
        with open(path, "rb") as file:
            if not path.endswith(b".gz"):
                log.read(file)
                return
            import gzip

            if not file.peek(1):
                raise EOFError("it is empty, and no gzip file")
            with gzip.GzipFile(fileobj=file) as unpacked:
                log.read(io.BufferedReader(unpacked))
    # zlib's own error is derived from Exception alone.
    except Exception as error:
        why = getattr(error, "strerror", None) or str(error)
        raise Unreadable(f"{os.fsdecode(path)}: {why}")


def as_json(log, top):
    statuses = {status.decode(): number for status, number in log.statuses.items()}
    report = {
        "time_ms": log.percentiles(), "top_paths": log.top(top), "statuses": statuses, **log.moments(), **log.totals(),
    }
    return json.dumps(report, indent=4, separators=(" ,", " : "))


def as_text(log, top):
    rows = [("Requests", ""), *log.totals().items()]
    rows += [(name, time or "none") for name, time in log.moments().items()]
    rows += [("", ""), ("Answers", "")]
    rows += [(status.decode(), number) for status, number in sorted(log.statuses.items())]
    rows += [("", ""), ("Paths", "")]
    rows += [(entry["requests"], entry["path"]) for entry in log.top(top)]
    rows += [("", ""), ("Milliseconds", "")]
    rows += (log.percentiles() or {}).items()
    return "\n".join(f"{name:>20}   {value}" for name, value in rows)


def main():
    parser = argparse.ArgumentParser(prog="analyzer.py analyze", allow_abbrev=False, description="Counts what access logs say")
    parser.add_argument("paths", nargs="+", metavar="PATH", type=os.fsencode)
    parser.add_argument("--since", type=moment, metavar="TIME")
    parser.add_argument("--until", type=moment, metavar="TIME")
    parser.add_argument("--top", type=count, default=10, metavar="N")
    parser.add_argument("--format", choices=["json", "text"], default="text")
    if sys.argv[1:2] != ["analyze"]:
        if sys.argv[1:2] in (["-h"], ["--help"]):
            parser.parse_args(["--help"])
        parser.error("the only command is analyze")
    arguments = parser.parse_intermixed_args(sys.argv[2:])

    log = Log(arguments.since, arguments.until)
    try:
        for path in arguments.paths:
            for file in files_of(path):
                read_file(log, file)
    except Unreadable as error:
        sys.exit(f"analyzer: {error}".replace("\n", " "))
    report = as_json(log, arguments.top) if arguments.format == "json" else as_text(log, arguments.top)
    try:
        sys.stdout.buffer.write(report.encode() + b"\n")
        sys.stdout.flush()
    except OSError as error:
        # Python must not try to write the rest at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        # Who has read enough is content.
        if not isinstance(error, BrokenPipeError):
            sys.exit(f"analyzer: standard output: {error}")


if __name__ == "__main__":
    main()
