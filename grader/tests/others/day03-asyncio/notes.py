#!/usr/bin/env python3
"""Day 3 in Python: one event loop instead of threads and a lock, and nothing but the standard library."""

import argparse
import asyncio
import datetime
import json
import os
import re
import secrets
import signal
import sys
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

sys.dont_write_bytecode = True
from http11 import Response, Server  # noqa: E402

BODY_LIMIT = 65_536
# Ids are scattered: nobody was promised 1, 2, 3.
STEP, PRIME = 7_919, 1_000_003
TAG = re.compile(r"[a-z0-9-]{1,30}")
ENTITY_TAG = re.compile(r'(W/)?("[^"]*")')
CURSOR = re.compile(r"what was made before no\. ([0-9]{1,15}) & nothing else \+ 100%")
DESCRIPTION = Path(__file__).with_name("description.json")


class Problem(Exception):
    def __init__(self, status, detail, headers=()):
        super().__init__(detail)
        self.status = status
        self.headers = headers


def document(value):
    return json.dumps(value, indent=1, sort_keys=True).encode()


def problem(status, detail, headers=()):
    fields = {"type": "about:blank", "title": f"Problem {status}", "status": status, "detail": detail}
    kind = ("CONTENT-TYPE", "application/problem+json; charset=utf-8")
    return Response(status, document(fields), [kind, *headers])


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Note:
    def __init__(self, number, draft):
        self.number = number
        self.id = number * STEP % PRIME
        self.created_at = now()
        self.replace(draft)

    def replace(self, draft):
        self.title, self.body, self.tags = draft
        self.updated_at = now()
        self.entity_tag = f'"{secrets.token_hex(6)}"'

    def fields(self):
        return {
            "id": self.id, "title": self.title, "body": self.body, "tags": self.tags,
            "created_at": self.created_at, "updated_at": self.updated_at,
        }


def parse_draft(request):
    media_type = (request.header("content-type") or "").split(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem(415, "send application/json")

    def no_constant(name):
        raise ValueError(f"{name} is no JSON")

    try:
        # No member of a draft is a number, and Python would take long over a long one.
        fields = json.loads(
            request.body.decode("utf-8"), parse_constant=no_constant, parse_int=len, parse_float=len
        )
    except RecursionError:
        raise Problem(422, "that is nested deeply, and no draft; it has no title")
    except ValueError as error:
        raise Problem(400, f"that is not JSON: {error}")
    if not isinstance(fields, dict):
        raise Problem(422, "a draft is an object with a title")
    title, body, tags = fields.get("title"), fields.get("body", ""), fields.get("tags", [])
    if not is_text(title, 120) or not title.strip():
        raise Problem(422, "title: 1 to 120 characters, and not only white space")
    if not is_text(body, 10_000):
        raise Problem(422, "body: a text of at most 10000 characters")
    if not isinstance(tags, list) or len(tags) > 10:
        raise Problem(422, "tags: a list of at most 10")
    if not all(isinstance(tag, str) and TAG.fullmatch(tag) for tag in tags):
        raise Problem(422, "tags: each has 1 to 30 of a-z, 0-9 and -")
    return title, body, tags


def is_text(value, longest):
    # Half of a surrogate pair can be written in JSON, but is no character.
    return isinstance(value, str) and len(value) <= longest and not re.search("[\ud800-\udfff]", value)


class Notes:
    def __init__(self):
        self.count = 0
        # In the order in which they were made.
        self.by_id = {}

    def answer(self, request):
        try:
            return self.route(request)
        except Problem as refused:
            return problem(refused.status, str(refused), refused.headers)
        except Exception as error:
            print(f"a fault of ours: {error!r}", file=sys.stderr)
            return problem(500, "a fault of ours")

    def route(self, request):
        url = urlsplit(request.target)
        path = unquote(url.path)
        methods = {}
        if path == "/notes":
            methods = {"POST": self.create, "GET": lambda request: self.list(parse_qs(url.query, True))}
        elif path == "/openapi.json":
            methods = {"GET": lambda _: Response(200, DESCRIPTION.read_bytes(), [("content-TYPE", "application/json")])}
        elif path.startswith("/notes/") and "/" not in path[7:]:
            key = path[7:]
            methods = {
                "PUT": lambda request: self.replace(key, request),
                "DELETE": lambda request: self.delete(key, request),
                "GET": lambda request: self.read(key, request),
            }
        if not methods:
            raise Problem(404, "nothing is here")
        handler = methods.get("GET" if request.method == "HEAD" else request.method)
        if not handler:
            # All of these paths can be read, so HEAD is among their methods.
            raise Problem(405, "this path takes other methods", [("ALLOW", ",".join([*methods, "HEAD"]))])
        return handler(request)

    def find(self, key):
        if key not in self.by_id:
            raise Problem(404, "there is no such note")
        return self.by_id[key]

    def create(self, request):
        draft = parse_draft(request)
        self.count += 1
        note = Note(self.count, draft)
        self.by_id[str(note.id)] = note
        return show(201, note, [("LOCATION", f"/notes/{note.id}")])

    def read(self, key, request):
        note = self.find(key)
        known = request.header("if-none-match")
        if known and (known.strip() == "*" or any(tag == note.entity_tag for _, tag in ENTITY_TAG.findall(known))):
            return Response(304, None, [("ETAG", note.entity_tag)])
        return show(200, note)

    def replace(self, key, request):
        note = self.find(key)
        expect_version(note, request)
        note.replace(parse_draft(request))
        return show(200, note)

    def delete(self, key, request):
        expect_version(self.find(key), request)
        del self.by_id[key]
        return Response(204)

    def list(self, query):
        limit = query.get("limit", ["20"])[0]
        if not re.fullmatch("[0-9]{1,3}", limit, re.ASCII) or not 1 <= int(limit) <= 100:
            raise Problem(422, "limit is a number from 1 to 100")
        before = self.count + 1
        if "after" in query:
            cursor = CURSOR.fullmatch(query["after"][0])
            if not cursor:
                raise Problem(422, "after is what a page had as next")
            before = int(cursor[1])
        tag = query.get("tag", [None])[0]
        found = [
            note for note in reversed(self.by_id.values())
            if note.number < before and (tag is None or tag in note.tags)
        ]
        page, rest = found[: int(limit)], found[int(limit) :]
        following = f"what was made before no. {page[-1].number} & nothing else + 100%" if rest else None
        content = document({"next": following, "notes": [note.fields() for note in page]})
        return Response(200, content, [("content-TYPE", "application/json; charset=utf-8")])


def show(status, note, headers=()):
    kind = ("content-TYPE", "application/json; charset=utf-8")
    return Response(status, document(note.fields()), [kind, ("ETAG", note.entity_tag), *headers])


def expect_version(note, request):
    wanted = request.header("if-match")
    if wanted is None or wanted.strip() == "*":
        return
    if not any(not weak and tag == note.entity_tag for weak, tag in ENTITY_TAG.findall(wanted)):
        raise Problem(412, "the note has another version by now")


async def serve(listen):
    host, _, port = listen.rpartition(":")
    server = Server(Notes().answer, problem, BODY_LIMIT)
    listener = await server.serve(host.strip("[]"), int(port))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    # As a program that has much to load.
    await asyncio.sleep(1)
    address = listener.sockets[0].getsockname()
    print(f"LISTENING http {host}:{address[1]}\nREADY", flush=True)
    await stop.wait()
    await server.stop(listener)


def main():
    parser = argparse.ArgumentParser(description="Keeps notes")
    parser.add_argument("--listen", default=os.environ.get("LISTEN", "127.0.0.1:8080"), metavar="ADDR:PORT")
    arguments = parser.parse_args()
    if not re.fullmatch(r".+:[0-9]{1,5}", arguments.listen):
        parser.error("--listen takes an address and a port")
    try:
        asyncio.run(serve(arguments.listen))
    except OSError as error:
        sys.exit(f"notes: cannot listen on {arguments.listen}: {error}; choose another port with --listen")


main()
