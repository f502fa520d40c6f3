"""RESP2: requests out of bytes that come in any pieces, and replies."""

import re

LONGEST_LINE = 64 * 1024
LARGEST_BULK = 536_870_912
MOST_ITEMS = 2_147_483_647
NUMBER = re.compile(rb"-?[0-9]{1,19}")


class ProtocolError(Exception):
    pass


class Parser:
    """Remembers where it is in a request, so that no byte is looked at twice. Room is taken for bytes that have come."""

    def __init__(self, is_inline_allowed=True):
        self.is_inline_allowed = is_inline_allowed
        self.buffer = bytearray()
        self.start = 0
        # How many items are still to come, and the length of the next one if that is known.
        self.open, self.length = 0, None
        self.items = []
        # Bytes that belong to complete requests, in all.
        self.consumed = 0

    def feed(self, data):
        self.buffer += data

    def next(self):
        """The next complete request; None when more bytes are needed. `*0` and empty lines are no requests."""
        while True:
            request = self.step()
            if request is False:
                return None
            if request:
                return request

    def step(self):
        if self.open == 0:
            line = self.line()
            if line is None:
                return False
            if not line.startswith(b"*"):
                if line and not self.is_inline_allowed:
                    raise ProtocolError("expected '*'")
                self.done()
                return line.split()
            self.open, self.items = max(self.number(line, MOST_ITEMS), 0), []
            if self.open == 0:
                self.done()
            return None
        if self.length is None:
            if self.start < len(self.buffer) and self.buffer[self.start] != ord("$"):
                raise ProtocolError("expected '$'")
            line = self.line()
            if line is None:
                return False
            self.length = self.number(line, LARGEST_BULK)
            if self.length < 0:
                raise ProtocolError("invalid bulk length")
        end = self.start + self.length
        if len(self.buffer) < end + 2:
            return False
        if self.buffer[end : end + 2] != b"\r\n":
            raise ProtocolError("an item does not end where its length says")
        self.items.append(bytes(self.buffer[self.start : end]))
        self.start, self.length, self.open = end + 2, None, self.open - 1
        if self.open:
            return None
        self.done()
        return self.items

    def line(self):
        end = self.buffer.find(b"\n", self.start, self.start + LONGEST_LINE)
        if end < 0:
            if len(self.buffer) - self.start >= LONGEST_LINE:
                raise ProtocolError("too long a line")
            return None
        line = bytes(self.buffer[self.start : end]).rstrip(b"\r")
        self.start = end + 1
        return line

    def number(self, line, most):
        if not NUMBER.fullmatch(line, 1) or int(line[1:]) > most:
            raise ProtocolError("invalid length")
        return int(line[1:])

    def done(self):
        """What is behind us is given back, now and then."""
        self.consumed += self.start
        del self.buffer[: self.start]
        self.start = 0


def simple(text):
    return b"+" + text + b"\r\n"


def integer(number):
    return b":%d\r\n" % number


def bulk(value):
    return b"$-1\r\n" if value is None else b"$%d\r\n%s\r\n" % (len(value), value)


def array(items):
    return b"*-1\r\n" if items is None else b"*%d\r\n" % len(items) + b"".join(map(bulk, items))


def error(text):
    return b"-" + text.encode("utf-8", "replace").replace(b"\r", b" ").replace(b"\n", b" ") + b"\r\n"
