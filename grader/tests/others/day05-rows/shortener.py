#!/usr/bin/env python3
"""Day 5 in Python, with the standard library's own HTTP server (which speaks HTTP/1.0: one request a connection)."""

import argparse
import datetime
import json
import os
import re
import secrets
import signal
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler

sys.dont_write_bytecode = True
from address import NoAddress, target  # noqa: E402
from store import Damaged, Link, Store, Taken, now_ms  # noqa: E402

BODY_LIMIT = 262_144
YEAR_MS = 31_536_000_000
NAME = re.compile("[A-Za-z0-9_-]{3,32}")


class Problem(Exception):
    def __init__(self, status, detail, allow=None):
        super().__init__(detail)
        self.status, self.allow = status, allow


def written(ms):
    if ms is None:
        return None
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=ms)
    return moment.isoformat(timespec="milliseconds") + "Z"


class Shortener:
    def __init__(self, store, public_url):
        self.store = store
        self.public_url = public_url.rstrip("/")
        self.own = target(public_url)

    def draft(self, fields, entry=""):
        """The link that somebody wants, or what is wrong with it. `entry` is its place in a bulk."""

        def wrong(member, why):
            return Problem(422, f"{entry}{member} {why}")

        if not isinstance(fields, dict):
            raise wrong("url", "is missing, because a draft is an object")
        url, name, lasts = fields.get("url"), fields.get("alias"), fields.get("expires_in_ms")
        if not isinstance(url, str) or not re.fullmatch("[!-~]{1,2048}", url):
            raise wrong("url", "has to be 1 to 2048 visible characters of ASCII")
        try:
            if target(url) == self.own:
                raise wrong("url", "leads back here")
        except NoAddress as error:
            raise wrong("url", str(error)) from error
        if name is None:
            name = secrets.token_urlsafe(9)
        elif not isinstance(name, str) or not NAME.fullmatch(name) or name == "api":
            raise wrong("alias", "has to be 3 to 32 of A-Z a-z 0-9 - _, and not api")
        made = now_ms()
        if lasts is None:
            return Link(name, url, made, None)
        is_whole = isinstance(lasts, int) and not isinstance(lasts, bool) or isinstance(lasts, float) and lasts.is_integer()
        if not is_whole or not 1 <= lasts <= YEAR_MS:
            raise wrong("expires_in_ms", f"has to be a whole number from 1 to {YEAR_MS}")
        return Link(name, url, made, made + int(lasts))

    def show(self, link):
        return {
            "clicks": link.visits, "expires_at": written(link.ends_ms), "created_at": written(link.made_ms),
            "short_url": f"{self.public_url}/{link.name}", "url": link.address, "code": link.name,
        }

    def make(self, drafts):
        try:
            self.store.make(drafts)
        except Taken as taken:
            raise Problem(409, f"the alias {taken} is taken")
        return [self.show(link) for link in drafts]

    def make_one(self, fields):
        link = self.make([self.draft(fields)])[0]
        return 201, link, {"LOCATION": f"/{link['code']}"}

    def make_many(self, fields):
        drafts = fields.get("links") if isinstance(fields, dict) else None
        if not isinstance(drafts, list) or not 1 <= len(drafts) <= 100:
            raise Problem(422, "links has to be a list of 1 to 100 drafts")
        links = self.make([self.draft(draft, f"links[{place}].") for place, draft in enumerate(drafts)])
        return 201, {"links": links}, {}

    def stats(self, name):
        link = self.store.find(name)
        if not link:
            raise Problem(404, "no link has this code")
        return 200, self.show(link), {}

    def follow(self, name):
        link, is_over = self.store.visit(name)
        if not link:
            raise Problem(404, "no link has this code")
        if is_over:
            raise Problem(410, "this link has expired")
        return 302, None, {"location": link.address, "cache-control": "no-store"}


class Handler(BaseHTTPRequestHandler):
    server_version = "rows/5"
    timeout = 20

    def __getattr__(self, name):
        # The base class looks for a method called do_GET, do_PUT and so on.
        if name.startswith("do_"):
            return self.handle_request
        raise AttributeError(name)

    def handle_request(self):
        self.server.in_flight(+1)
        try:
            status, document, headers = self.answer()
            kind = "application/json"
        except Problem as problem:
            status, headers, kind = problem.status, {}, "application/problem+json"
            if problem.allow:
                headers["allow"] = problem.allow
            document = {"detail": str(problem), "status": status, "title": "No", "type": "about:blank"}
        except Exception as error:
            print(f"shortener: a fault of ours: {error!r}", file=sys.stderr)
            status, headers, kind = 500, {}, "application/problem+json"
            document = {"detail": "a fault of ours", "status": 500, "title": "Sorry", "type": "about:blank"}
        try:
            self.respond(status, document, headers, kind)
        finally:
            self.server.in_flight(-1)

    def answer(self):
        path = self.path.partition("?")[0]
        shortener = self.server.shortener
        code = re.fullmatch("/api/links/([^/]+)/stats", path)
        if path in ("/api/links", "/api/links/bulk"):
            self.expect_method("POST")
            return (shortener.make_one if path == "/api/links" else shortener.make_many)(self.document())
        if code:
            self.expect_method("GET")
            return shortener.stats(code[1])
        if re.fullmatch("/[^/]+", path) and path != "/api":
            self.expect_method("GET")
            return shortener.follow(path[1:])
        raise Problem(404, "nothing is here")

    def expect_method(self, method):
        if self.command != method:
            raise Problem(405, f"this path takes {method}", method)

    def document(self):
        if self.headers.get_content_type() != "application/json" or "content-type" not in self.headers:
            raise Problem(415, "send application/json")

        def no_constant(name):
            raise ValueError(f"{name} is no JSON")

        try:
            # A number of thousands of digits would keep Python busy, and is beyond every limit anyway.
            parse_int = lambda digits: int(digits) if len(digits) < 20 else -1  # noqa: E731
            return json.loads(self.body().decode("utf-8"), parse_int=parse_int, parse_constant=no_constant)
        except RecursionError:
            return None
        except ValueError as error:
            raise Problem(400, f"that is not JSON: {error}")

    def body(self):
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            return self.chunks()
        length = self.headers.get("content-length", "0")
        if not re.fullmatch("[0-9]{1,18}", length):
            raise Problem(400, "Content-Length is not a number")
        if int(length) > BODY_LIMIT:
            raise Problem(413, f"a body may have {BODY_LIMIT} bytes")
        return self.rfile.read(int(length))

    def chunks(self):
        body = b""
        while True:
            size = re.match(rb"([0-9a-fA-F]{1,8})[;\s]", self.rfile.readline(1024))
            if not size:
                raise Problem(400, "a chunk without its size")
            size = int(size[1], 16)
            if len(body) + size > BODY_LIMIT:
                raise Problem(413, f"a body may have {BODY_LIMIT} bytes")
            body += self.rfile.read(size)
            if size == 0:
                return body
            self.rfile.readline(1024)

    def respond(self, status, document, headers, kind):
        text = b"" if document is None else (json.dumps(document, indent="\t") + "\n").encode()
        self.send_response(status, "As Follows")
        for name, value in headers.items():
            self.send_header(name, value)
        if document is not None:
            self.send_header("content-type", kind)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)
        self.close_connection = True
        if status == 413:
            self.drain()

    def drain(self):
        """The client may still be sending. If we closed now, it could lose the response."""
        self.connection.settimeout(1)
        try:
            for _ in range(256):
                if not self.connection.recv(65_536):
                    return
        except OSError:
            return

    def log_message(self, *arguments):
        pass


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, address):
        super().__init__(address, Handler)
        self.answering = 0
        self.changed = threading.Condition()
        self.shortener = None

    def in_flight(self, step):
        with self.changed:
            self.answering += step
            self.changed.notify_all()

    def finish(self):
        with self.changed:
            self.changed.wait_for(lambda: self.answering == 0, timeout=1.5)

    def handle_error(self, request, client_address):
        # A client that went away is no fault of ours.
        pass


def arguments():
    environment = os.environ.get
    parser = argparse.ArgumentParser(description="Shortens links")
    parser.add_argument("--listen", default=environment("LISTEN", "127.0.0.1:8080"), metavar="ADDR:PORT")
    parser.add_argument("--data-dir", default=environment("DATA_DIR", "data"), metavar="DIR")
    parser.add_argument("--public-url", default=environment("PUBLIC_URL"), metavar="URL")
    found = parser.parse_args()
    if not re.fullmatch(r".+:[0-9]{1,5}", found.listen):
        parser.error("--listen takes an address and a port")
    try:
        target(found.public_url or "http://127.0.0.1")
    except NoAddress as error:
        parser.error(f"--public-url {error}")
    if found.public_url and re.search("[?#]", found.public_url):
        parser.error("--public-url has to end after the host or a path")
    return found


def main():
    options = arguments()
    host, _, port = options.listen.rpartition(":")
    try:
        server = Server((host, int(port)))
        store = Store(options.data_dir)
    except (OSError, Damaged) as error:
        sys.exit(f"shortener: {error}")
    address = f"{host}:{server.server_address[1]}"
    server.shortener = Shortener(store, options.public_url or f"http://{address}")
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"LISTENING http {address}\nREADY", flush=True)
    server.serve_forever(poll_interval=0.05)
    server.server_close()
    server.finish()


main()
