#!/usr/bin/env python3
"""Day 10 in Python: an asyncio protocol for each client. Everything happens between two turns of the loop: run what has come,
write the journal, and only then answer."""

import argparse
import asyncio
import os
import re
import signal
import sys
from pathlib import Path

sys.dont_write_bytecode = True
import resp  # noqa: E402
from keys import Keys  # noqa: E402


class Damaged(Exception):
    pass


class Journal:
    def __init__(self, folder, keys):
        os.makedirs(folder, exist_ok=True)
        self.path = Path(folder) / "keys.aof"
        self.keys = keys
        whole = self.replay() if self.path.exists() else 0
        self.file = open(self.path, "ab", buffering=0)
        # What a kill has torn was never acknowledged, and what follows must not be glued to it.
        self.file.truncate(whole)

    def replay(self):
        """How many bytes of it are whole changes."""
        parser = resp.Parser(is_inline_allowed=False)
        try:
            with open(self.path, "rb") as file:
                for block in iter(lambda: file.read(1 << 20), b""):
                    parser.feed(block)
                    for words in iter(parser.next, None):
                        self.keys.apply(words)
        except (resp.ProtocolError, ValueError, LookupError, AttributeError) as error:
            raise Damaged(f"{self.path} is damaged behind byte {parser.consumed}: {error}; restore it, or take another --data-dir")
        return parser.consumed

    def commit(self):
        if not self.keys.changes:
            return
        text = b"".join(map(resp.array, self.keys.changes))
        self.keys.changes = []
        try:
            while text:
                text = text[self.file.write(text) :]
            os.fdatasync(self.file.fileno())
        except OSError as error:
            # Memory is ahead of the disk, and nobody may hear of that.
            print(f"keys: cannot write {self.path}: {error}", file=sys.stderr, flush=True)
            os._exit(1)


class Client(asyncio.Protocol):
    def __init__(self, journal):
        self.journal = journal
        self.parser = resp.Parser()
        self.is_full = self.is_over = self.has_ended = False

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.parser.feed(data)
        self.work()

    def work(self):
        """Runs what is complete, as long as the client reads its replies."""
        while not self.is_full and not self.is_over:
            replies, size = [], 0
            try:
                while size < 65_536 and not self.is_over:
                    words = self.parser.next()
                    if words is None:
                        break
                    self.is_over = words[0].upper() == b"QUIT"
                    replies.append(self.journal.keys.run(words))
                    size += len(replies[-1])
            except resp.ProtocolError as error:
                replies.append(resp.error(f"ERR Protocol error: {error}"))
                self.is_over = True
            if not replies:
                break
            self.journal.commit()
            self.transport.write(b"".join(replies))
        if self.is_over or self.has_ended and not self.is_full:
            # What is written already still arrives.
            self.transport.close()

    def pause_writing(self):
        self.is_full = True
        self.transport.pause_reading()

    def resume_writing(self):
        self.is_full = False
        if not self.transport.is_closing():
            self.transport.resume_reading()
            self.work()

    def eof_received(self):
        self.has_ended = True
        self.work()
        return True


async def serve(options):
    keys = Keys()
    journal = Journal(options.data_dir, keys)
    loop = asyncio.get_running_loop()
    host, _, port = options.listen.rpartition(":")
    listener = await loop.create_server(lambda: Client(journal), host, int(port), backlog=512)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    print(f"LISTENING redis {host}:{listener.sockets[0].getsockname()[1]}\nREADY", flush=True)
    await stop.wait()
    listener.close()


def main():
    environment = os.environ.get
    parser = argparse.ArgumentParser(description="Keeps keys")
    parser.add_argument("--listen", default=environment("LISTEN", "127.0.0.1:6379"), metavar="ADDR:PORT")
    parser.add_argument("--data-dir", default=environment("DATA_DIR", "data"), metavar="DIR")
    options = parser.parse_args()
    if not re.fullmatch(r".+:[0-9]{1,5}", options.listen):
        parser.error("--listen takes an address and a port")
    try:
        asyncio.run(serve(options))
    except (OSError, Damaged) as error:
        sys.exit(f"keys: {error}")


main()
