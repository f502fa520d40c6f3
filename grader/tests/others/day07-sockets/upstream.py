"""One try of a call over a plain socket, with one deadline from the connection to the last byte."""

import email.utils
import json
import re
import socket
import time
from urllib.parse import quote, urlsplit

LARGEST = 65_536
MEMBERS = {"city": str, "observed_at": str, "condition": str, "temp_k": float, "wind_ms": float, "humidity": float}


class Failed(Exception):
    """No usable answer: broken, nonsense, or too late."""

    def __init__(self, why, is_late=False):
        super().__init__(why)
        self.is_late = is_late


class Upstream:
    def __init__(self, address, key, timeout):
        parts = urlsplit(address)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"{address!r} is not like http://127.0.0.1:9000")
        self.host, self.port, self.path = parts.hostname, parts.port or 80, parts.path.rstrip("/")
        self.key, self.timeout = key, timeout

    def ask(self, city, entity_tag):
        """Status, headers and content."""
        lines = [
            f"GET {self.path}/v1/current?key={quote(self.key, safe='')}&city={quote(city, safe='')} HTTP/1.1",
            f"HOST: {self.host}:{self.port}", "CONNECTION: close", "ACCEPT: application/json",
            *([f"IF-NONE-MATCH: {entity_tag}"] if entity_tag else []),
        ]
        deadline = time.monotonic() + self.timeout
        try:
            with socket.create_connection((self.host, self.port), timeout=self.timeout) as connection:
                connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
                return read(connection, deadline)
        except socket.timeout as error:
            raise Failed("no answer in time", is_late=True) from error
        except OSError as error:
            # What it says could hold the address with its key.
            raise Failed(f"no connection, or a broken one ({type(error).__name__})") from error


def read(connection, deadline):
    text = b""
    while True:
        answer = parse(text, False)
        if answer:
            return answer
        left = deadline - time.monotonic()
        if left <= 0:
            raise socket.timeout
        connection.settimeout(left)
        block = connection.recv(65_536)
        if not block:
            answer = parse(text, True)
            if not answer:
                raise Failed("the answer broke off")
            return answer
        text += block


def parse(text, is_all):
    """The answer, if it is complete."""
    head, end, body = text.partition(b"\r\n\r\n")
    if not end:
        if len(text) > LARGEST:
            raise Failed("a head without an end")
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    status = re.match(r"HTTP/1\.[0-9] ([0-9]{3})(?: |$)", first)
    if not status:
        raise Failed("that is no HTTP")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    status = int(status[1])
    if 100 <= status < 200:
        return parse(body, is_all)
    if len(body) > 4 * LARGEST:
        raise Failed("the answer is too large")
    if status in (204, 304):
        return status, headers, b""
    if "chunked" in headers.get("transfer-encoding", "").lower():
        body = join(body)
    elif "content-length" in headers:
        length = headers["content-length"]
        if not length.isdigit() or int(length) > LARGEST:
            raise Failed("the answer is too large, or its length is no number")
        body = body[: int(length)] if len(body) >= int(length) else None
    elif not is_all:
        body = None
    if body is None:
        return None
    if len(body) > LARGEST:
        raise Failed("the answer is too large")
    return status, headers, body


def join(body):
    """The content of chunks, if all are there."""
    content = b""
    while True:
        size, end, rest = body.partition(b"\r\n")
        if not end:
            return None
        try:
            size = int(size.split(b";")[0], 16)
        except ValueError:
            raise Failed("a chunk without its size")
        if size == 0:
            return content
        if len(rest) < size + 2:
            return None
        content, body = content + rest[:size], rest[size + 2 :]


def observation(content):
    try:
        document = json.loads(content.decode())
        found = {name: document[name] for name in MEMBERS}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Failed("the answer is no observation") from error
    for name, kind in MEMBERS.items():
        is_number = isinstance(found[name], (int, float)) and not isinstance(found[name], bool) and abs(found[name]) < 1e9
        if not (isinstance(found[name], str) if kind is str else is_number):
            raise Failed(f"the answer is no observation: {name} is not right")
    if not 0 <= found["humidity"] <= 1:
        raise Failed("the answer is no observation: humidity goes from 0 to 1")
    return found


def pause(headers):
    """For how many seconds a 429 wants to be left alone."""
    value = headers.get("retry-after", "")
    if re.fullmatch("[0-9]+", value):
        return float(value[:9]) if len(value) < 10 else 1e9
    try:
        return max(email.utils.parsedate_to_datetime(value).timestamp() - time.time(), 0)
    except (TypeError, ValueError, IndexError, OverflowError):
        return 1.0
