"""HTTP/1.1 on asyncio, as far as the notes need it (RFC 9112).

Every response with content is sent in chunks, so no response has a Content-Length.
"""

import asyncio

LONGEST_HEAD = 64 * 1024


class Refused(Exception):
    """A request that is answered with an error, after which the connection ends."""

    def __init__(self, status, detail):
        super().__init__(detail)
        self.status = status


class Request:
    def __init__(self, method, target, version, headers):
        self.method = method
        self.target = target
        self.version = version
        self.headers = headers
        self.body = b""

    def header(self, name):
        """All lines of a header as one list; None without any."""
        lines = [value for key, value in self.headers if key == name]
        return ", ".join(lines) if lines else None

    def wants_close(self):
        return self.version == "HTTP/1.0" or "close" in (self.header("connection") or "").lower()


class Response:
    def __init__(self, status, content=None, headers=()):
        self.status = status
        self.content = content
        self.headers = list(headers)


REASONS = {
    200: "Here It Is", 201: "Made", 204: "Gone Now", 304: "As You Have It", 400: "Not Understood", 404: "Not Here",
    405: "Not Like That", 412: "Changed Since", 413: "Too Much", 415: "Not This Kind", 422: "Not Valid", 500: "Our Fault",
}


async def read_head(reader):
    """The next request without its body; None when the client has nothing more to say."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    except asyncio.LimitOverrunError:
        raise Refused(400, "the head of the request is too long")
    lines = head[:-4].decode("latin-1").lstrip("\r\n").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise Refused(400, "that is no request line of HTTP/1")
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise Refused(400, "a header line without name or colon")
        headers.append((name.lower(), value.strip(" \t")))
    return Request(words[0], words[1], words[2], headers)


async def read_body(request, reader, limit):
    if (request.header("transfer-encoding") or "").lower() == "chunked":
        return await read_chunks(reader, limit)
    length = request.header("content-length") or "0"
    if not (length.isascii() and length.isdigit()):
        raise Refused(400, "Content-Length is not a number")
    if len(length) > 18 or int(length) > limit:
        raise Refused(413, f"a body may have {limit} bytes")
    return await reader.readexactly(int(length))


async def read_chunks(reader, limit):
    body = b""
    while True:
        size = (await reader.readuntil(b"\r\n")).split(b";")[0].strip()
        try:
            size = int(size, 16)
        except ValueError:
            raise Refused(400, "a chunk without its size")
        if size < 0 or len(body) + size > limit:
            raise Refused(413, f"a body may have {limit} bytes")
        if size == 0:
            break
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    # Trailers are read and forgotten.
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass
    return body


def encode(response, with_content, close):
    lines = [f"HTTP/1.1 {response.status} {REASONS[response.status]}"]
    lines += [f"{name}: {value}" for name, value in response.headers]
    if close:
        lines.append("CONNECTION: close")
    content = response.content
    if content is None:
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    lines.append("TRANSFER-ENCODING: chunked")
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    if not with_content:
        return head
    parts = [content[start : start + 100] for start in range(0, len(content), 100)]
    return head + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


class Server:
    """Serves connections until it is told to stop, and then answers what is in flight."""

    def __init__(self, answer, refuse, body_limit):
        self.answer = answer
        self.refuse = refuse
        self.body_limit = body_limit
        self.stopping = False
        self.waiting = set()
        self.connections = set()

    async def serve(self, host, port):
        return await asyncio.start_server(self.connection, host, port, limit=LONGEST_HEAD, backlog=512)

    async def connection(self, reader, writer):
        task = asyncio.current_task()
        self.connections.add(task)
        try:
            while not self.stopping and await self.exchange(reader, writer, task):
                pass
        except (asyncio.CancelledError, asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.connections.discard(task)
            writer.close()

    async def exchange(self, reader, writer, task):
        """One request and its response. Returns whether another may follow."""
        request = None
        try:
            self.waiting.add(task)
            try:
                request = await read_head(reader)
            finally:
                self.waiting.discard(task)
            if request is None:
                return False
            if (request.header("expect") or "").lower() == "100-continue":
                writer.write(b"HTTP/1.1 100 Go On\r\n\r\n")
            request.body = await read_body(request, reader, self.body_limit)
            response, close = self.answer(request), request.wants_close() or self.stopping
        except Refused as refused:
            response, close = self.refuse(refused.status, str(refused)), True
        writer.write(encode(response, request is None or request.method != "HEAD", close))
        await writer.drain()
        if close:
            await self.part(reader, writer)
        return not close

    async def part(self, reader, writer):
        """Ends a connection. The client may still be sending: closed at once, it could lose the response."""
        writer.write_eof()
        try:
            while await asyncio.wait_for(reader.read(65536), 1):
                pass
        except (asyncio.TimeoutError, ConnectionError):
            pass

    async def stop(self, listener):
        listener.close()
        self.stopping = True
        for task in list(self.waiting):
            task.cancel()
        if self.connections:
            await asyncio.wait(self.connections, timeout=1.5)
