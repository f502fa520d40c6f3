#!/usr/bin/env python3
"""The notes service of day 3 in Python, with nothing but the standard library.

It shows that a submission is a program and not a Rust crate. It keeps the core of the contract and leaves out limits,
paging and versions, so the core checkpoints pass and the others do not.
"""

import argparse
import datetime
import json
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

LOCK = threading.Lock()
NOTES = {}
LAST_ID = 0


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z")


def fields(draft):
    return {"title": draft["title"], "body": draft.get("body", ""), "tags": draft.get("tags", [])}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, document=None, headers=()):
        body = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if document is not None:
            self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def draft(self):
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def note_id(self):
        text = urlsplit(self.path).path.removeprefix("/notes/")
        return int(text) if text.isascii() and text.isdigit() else None

    def do_GET(self):
        url = urlsplit(self.path)
        with LOCK:
            if url.path == "/notes":
                tags = parse_qs(url.query).get("tag")
                newest_first = [note for _, note in sorted(NOTES.items(), reverse=True)]
                found = [note for note in newest_first if not tags or tags[0] in note["tags"]]
                page = {"notes": found[:20], "next": "20" if len(found) > 20 else None}
                return self.answer(200, page)
            note = NOTES.get(self.note_id())
            return self.answer(200, note) if note else self.answer(404, {})

    def do_POST(self):
        global LAST_ID
        draft = self.draft()
        with LOCK:
            LAST_ID += 1
            time = now()
            note = NOTES[LAST_ID] = {"id": LAST_ID, **fields(draft), "created_at": time, "updated_at": time}
        self.answer(201, note, [("Location", f"/notes/{note['id']}")])

    def do_PUT(self):
        draft = self.draft()
        with LOCK:
            note = NOTES.get(self.note_id())
            if note:
                note.update(fields(draft), updated_at=now())
        self.answer(200, note) if note else self.answer(404, {})

    def do_DELETE(self):
        with LOCK:
            note = NOTES.pop(self.note_id(), None)
        self.answer(204) if note else self.answer(404, {})

    def log_message(self, *arguments):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--listen", default="127.0.0.1:8080")
    host, port = parser.parse_args().listen.rsplit(":", 1)
    server = ThreadingHTTPServer((host, int(port)), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"LISTENING http {host}:{server.server_port}\nREADY", flush=True)
    server.serve_forever()


sys.exit(main())
