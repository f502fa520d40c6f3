"""Keys, what they hold, and the commands on them. A command looks, and then says in words of Redis what changes; only
`apply` changes anything, and its words are what the journal holds."""

import heapq
import itertools
import re
import time
from collections import deque

import resp

INTEGER = re.compile(rb"0|-?[1-9][0-9]{0,18}")
SMALLEST, LARGEST = -(2**63), 2**63 - 1


class Refused(Exception):
    pass


def now_ms():
    return time.time_ns() // 1_000_000


def number(text):
    if not INTEGER.fullmatch(text) or not SMALLEST <= int(text) <= LARGEST:
        raise Refused("ERR value is not an integer or out of range")
    return int(text)


class Keys:
    def __init__(self):
        self.values = {}
        self.deadlines = {}
        # Soonest first, also those that are out of date by now.
        self.due = []
        # What has changed since the journal was written.
        self.changes = []

    def change(self, *words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self.apply(words)
        self.changes.append(words)

    def apply(self, words):
        kind, key, *rest = words
        if kind == b"SET":
            self.values[key] = rest[0]
            if rest[1:] != [b"KEEPTTL"]:
                self.deadlines.pop(key, None)
            if rest[1:2] == [b"PXAT"]:
                self.set_deadline(key, int(rest[2]))
        elif kind == b"DEL":
            for name in words[1:]:
                self.values.pop(name, None)
                self.deadlines.pop(name, None)
        elif kind == b"PEXPIREAT":
            self.set_deadline(key, int(rest[0]))
        elif kind == b"PERSIST":
            del self.deadlines[key]
        elif kind in (b"LPUSH", b"RPUSH"):
            items = self.values.setdefault(key, deque())
            (items.extendleft if kind == b"LPUSH" else items.extend)(rest)
        elif kind in (b"LPOP", b"RPOP"):
            items = self.values[key]
            for _ in range(int(rest[0])):
                items.popleft() if kind == b"LPOP" else items.pop()
            if not items:
                del self.values[key]
                self.deadlines.pop(key, None)
        else:
            raise ValueError(f"{kind!r} is no change")

    def set_deadline(self, key, moment):
        self.deadlines[key] = moment
        heapq.heappush(self.due, (moment, key))

    def expire(self):
        """Lets go what is due. Everything else need not know of time then."""
        now = now_ms()
        while self.due and self.due[0][0] <= now:
            moment, key = heapq.heappop(self.due)
            if self.deadlines.get(key) == moment:
                self.change(b"DEL", key)

    def run(self, words):
        self.expire()
        name, *arguments = words
        name = name.upper()
        try:
            command = COMMANDS.get(name)
            if not command:
                shown = words[0][:128].decode("utf-8", "replace")
                raise Refused(f"ERR unknown command '{shown}', which this server does not have")
            function, least, most = command
            if not least <= len(arguments) <= most:
                raise Refused(f"ERR wrong number of arguments for '{name.decode().lower()}' command")
            return function(self, *arguments)
        except Refused as refused:
            return resp.error(str(refused))

    def text(self, key):
        value = self.values.get(key)
        if isinstance(value, deque):
            raise Refused("WRONGTYPE Operation against a key holding the wrong kind of value")
        return value

    def list(self, key):
        value = self.values.get(key)
        if isinstance(value, bytes):
            raise Refused("WRONGTYPE Operation against a key holding the wrong kind of value")
        return value

    def ping(self, message=None):
        return resp.simple(b"PONG") if message is None else resp.bulk(message)

    def set(self, key, value, *options):
        condition = unit = amount = None
        options = iter(options)
        for option in options:
            option = option.upper()
            if option in (b"NX", b"XX") and condition is None:
                condition = option
            elif option in (b"EX", b"PX") and unit is None:
                unit, amount = option, next(options, None)
            else:
                raise Refused("ERR syntax error")
            if unit and amount is None:
                raise Refused("ERR syntax error")
        more = []
        if unit:
            time = number(amount) * (1000 if unit == b"EX" else 1)
            if time <= 0 or now_ms() + time > LARGEST:
                raise Refused("ERR invalid expire time in 'set' command")
            more = [b"PXAT", now_ms() + time]
        if condition and (key in self.values) != (condition == b"XX"):
            return resp.bulk(None)
        self.change(b"SET", key, value, *more)
        return resp.simple(b"OK")

    def type(self, key):
        value = self.values.get(key)
        return resp.simple(b"none" if value is None else b"string" if isinstance(value, bytes) else b"list")

    def delete(self, *keys):
        there = [key for key in dict.fromkeys(keys) if key in self.values]
        if there:
            self.change(b"DEL", *there)
        return resp.integer(len(there))

    def increment(self, key, by=b"1"):
        value, by = number(self.text(key) if key in self.values else b"0"), number(by)
        if not SMALLEST <= value + by <= LARGEST:
            raise Refused("ERR increment or decrement would overflow")
        self.change(b"SET", key, value + by, b"KEEPTTL")
        return resp.integer(value + by)

    def expire_in(name, unit):
        def command(self, key, amount):
            time = number(amount) * unit
            if not SMALLEST <= time or now_ms() + time > LARGEST:
                raise Refused(f"ERR invalid expire time in '{name}' command")
            if key not in self.values:
                return resp.integer(0)
            self.change(*([b"PEXPIREAT", key, now_ms() + time] if time > 0 else [b"DEL", key]))
            return resp.integer(1)

        return command

    def time_left(self, key):
        if key not in self.values:
            return -2
        return self.deadlines[key] - now_ms() if key in self.deadlines else -1

    def ttl(self, key):
        left = self.time_left(key)
        return resp.integer(left if left < 0 else (left + 500) // 1000)

    def persist(self, key):
        if key not in self.deadlines:
            return resp.integer(0)
        self.change(b"PERSIST", key)
        return resp.integer(1)

    def push(kind):
        def command(self, key, *items):
            self.list(key)
            self.change(kind, key, *items)
            return resp.integer(len(self.values[key]))

        return command

    def pop(kind):
        def command(self, key, count=None):
            most = 1 if count is None else number(count)
            if most < 0:
                raise Refused("ERR value is out of range, must be positive")
            items = self.list(key)
            if items is None:
                return resp.bulk(None) if count is None else resp.array(None)
            most = min(most, len(items))
            ordered = items if kind == b"LPOP" else reversed(items)
            taken = list(itertools.islice(ordered, most))
            if taken:
                self.change(kind, key, most)
            return resp.bulk(taken[0]) if count is None else resp.array(taken)

        return command

    def range(self, key, start, stop):
        start, stop = number(start), number(stop)
        items = self.list(key) or ()
        start, stop = (place + len(items) if place < 0 else place for place in (start, stop))
        start, stop = max(start, 0), min(stop, len(items) - 1)
        return resp.array(list(itertools.islice(items, start, stop + 1)) if start <= stop else [])


ANY = 1 << 31
COMMANDS = {
    b"PING": (Keys.ping, 0, 1),
    b"ECHO": (lambda keys, message: resp.bulk(message), 1, 1),
    b"QUIT": (lambda keys, *ignored: resp.simple(b"OK"), 0, ANY),
    b"SET": (Keys.set, 2, ANY),
    b"GET": (lambda keys, key: resp.bulk(keys.text(key)), 1, 1),
    b"TYPE": (Keys.type, 1, 1),
    b"DBSIZE": (lambda keys: resp.integer(len(keys.values)), 0, 0),
    b"DEL": (Keys.delete, 1, ANY),
    b"EXISTS": (lambda keys, *names: resp.integer(sum(name in keys.values for name in names)), 1, ANY),
    b"INCR": (Keys.increment, 1, 1),
    b"INCRBY": (Keys.increment, 2, 2),
    b"EXPIRE": (Keys.expire_in("expire", 1000), 2, 2),
    b"PEXPIRE": (Keys.expire_in("pexpire", 1), 2, 2),
    b"TTL": (Keys.ttl, 1, 1),
    b"PTTL": (lambda keys, key: resp.integer(keys.time_left(key)), 1, 1),
    b"PERSIST": (Keys.persist, 1, 1),
    b"LPUSH": (Keys.push(b"LPUSH"), 2, ANY),
    b"RPUSH": (Keys.push(b"RPUSH"), 2, ANY),
    b"LPOP": (Keys.pop(b"LPOP"), 1, 2),
    b"RPOP": (Keys.pop(b"RPOP"), 1, 2),
    b"LLEN": (lambda keys, key: resp.integer(len(keys.list(key) or ())), 1, 1),
    b"LRANGE": (Keys.range, 3, 3),
}
