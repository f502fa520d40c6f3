"""The feed: WebSocket (RFC 6455) on a stream of asyncio, as far as a server that only talks needs it."""

import asyncio
import base64
import hashlib
import json

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


def accept(key):
    return base64.b64encode(hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()


def frame(kind, content):
    size = len(content)
    if size < 126:
        head = bytes([0x80 | kind, size])
    elif size < 65_536:
        head = bytes([0x80 | kind, 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([0x80 | kind, 127]) + size.to_bytes(8, "big")
    return head + content


class Client:
    """Somebody who listens. Messages wait in a queue, and who lets it fill up is cut off."""

    def __init__(self, reader, writer, room):
        self.reader, self.writer = reader, writer
        self.waiting = asyncio.Queue(room)
        self.is_cut_off = False

    def tell(self, content, kind=TEXT):
        try:
            self.waiting.put_nowait(frame(kind, content))
        except asyncio.QueueFull:
            self.is_cut_off = True
            self.writer.transport.abort()

    async def send(self):
        while True:
            message = await self.waiting.get()
            self.writer.write(message)
            await self.writer.drain()
            if message[0] & 15 == CLOSE:
                return

    async def listen(self):
        while True:
            kind, size = await self.reader.readexactly(2)
            kind, is_masked, size = kind & 15, size & 128, size & 127
            if size > 125:
                size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8), "big")
            mask = await self.reader.readexactly(4) if is_masked else bytes(4)
            if kind in (CLOSE, PING) and size < 126:
                content = await self.reader.readexactly(size)
                content = bytes(byte ^ mask[place % 4] for place, byte in enumerate(content))
                self.tell(content, CLOSE if kind == CLOSE else PONG)
                if kind == CLOSE:
                    return
                continue
            while size:
                size -= len(await self.reader.readexactly(min(size, 65_536)))

    async def serve(self):
        """Until either side has had enough."""
        sending, listening = asyncio.ensure_future(self.send()), asyncio.ensure_future(self.listen())
        try:
            await asyncio.wait([sending, listening], return_when=asyncio.FIRST_COMPLETED)
            # A goodbye that is under way arrives; a client that went away gets none.
            if listening.done() and listening.exception() is None:
                await asyncio.wait([sending], timeout=1)
        finally:
            for task in (sending, listening):
                task.cancel()
            await asyncio.gather(sending, listening, return_exceptions=True)


class Feed:
    def __init__(self, room):
        self.room = room
        self.clients = set()

    def join(self, reader, writer, snapshot):
        client = Client(reader, writer, self.room)
        self.clients.add(client)
        client.waiting = asyncio.Queue(self.room + 1)
        client.tell(json.dumps({**snapshot, "type": "snapshot"}).encode())
        return client

    def tell(self, messages):
        for message in messages:
            content = json.dumps(message).encode()
            for client in list(self.clients):
                client.tell(content)
                if client.is_cut_off:
                    self.clients.discard(client)

    def say_goodbye(self):
        for client in list(self.clients):
            client.tell((1001).to_bytes(2, "big") + b"closing time", CLOSE)
