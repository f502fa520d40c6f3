#!/usr/bin/env python3
"""Day 16 in Python: market, journal, HTTP and feed on one event loop."""

import argparse
import asyncio
import json
import os
import re
import signal
import sys
from urllib.parse import parse_qs

sys.dont_write_bytecode = True
import feed  # noqa: E402
from market import Damaged, Engine, Journal, now  # noqa: E402

BODY_LIMIT = 65_536


class Problem(Exception):
    def __init__(self, status, detail, field=None, **headers):
        super().__init__(detail)
        self.status, self.field, self.headers = status, field, headers


class Market:
    """Takes commands in turn: applies those that wait, writes them together, and then tells everybody."""

    def __init__(self, engine, journal, feed):
        self.engine, self.journal, self.feed = engine, journal, feed
        self.waiting = []

    async def command(self, check):
        """`check` says in its turn what is to be done, or why not."""
        done = asyncio.get_running_loop().create_future()
        if not self.waiting:
            asyncio.get_running_loop().call_soon(self.take_turn)
        self.waiting.append((check, done))
        return await done

    def take_turn(self):
        turn, self.waiting = self.waiting, []
        commands, outcomes, told = [], [], []
        for check, done in turn:
            try:
                words = check()
            except Problem as problem:
                outcomes.append((done.set_exception, problem))
                continue
            order, trades, delta = self.engine.run(words)
            commands.append(words)
            # As it is now: the next command in this turn may change it.
            outcomes.append((done.set_result, (order.shown(), trades)))
            told += [delta] if delta else []
        if commands:
            try:
                self.journal.write(commands)
            except OSError as error:
                # Memory is ahead of the disk, and nobody may hear of that.
                print(f"exchange: cannot write {self.journal.path}: {error}", file=sys.stderr, flush=True)
                os._exit(1)
        for settle, outcome in outcomes:
            # A client that went away does not wait any more.
            if not settle.__self__.done():
                settle(outcome)
        self.feed.tell(told)


def order_words(order):
    if not isinstance(order, dict):
        raise Problem(422, "an order is an object")

    def wrong(field, why):
        return Problem(422, f"{field} {why}", field)

    def choice(field, choices, otherwise=None):
        value = order.get(field)
        if value is None:
            value = otherwise
        if not isinstance(value, str) or value not in choices:
            raise wrong(field, f"is one of {', '.join(choices)}")
        return value

    def number(field, most):
        value = order.get(field)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise wrong(field, f"is a whole number from 1 to {most}")
        return str(value)

    trader = order.get("trader")
    if not isinstance(trader, str) or not re.fullmatch("[A-Za-z0-9_-]{1,32}", trader):
        raise wrong("trader", "has 1 to 32 of A-Z a-z 0-9 - _")
    side, kind = choice("side", ["buy", "sell"]), choice("type", ["limit", "market"])
    quantity = number("quantity", 1_000_000)
    if kind == "limit":
        price = number("price", 1_000_000_000)
    elif order.get("price") is not None:
        raise wrong("price", "is not for market orders")
    else:
        price = "any"
    allowed = ["gtc", "ioc", "fok"] if kind == "limit" else ["ioc", "fok"]
    return ["order", now(), trader, side, kind, quantity, price, choice("time_in_force", allowed, allowed[0])]


class Service:
    def __init__(self, market):
        self.market, self.engine = market, market.engine
        self.answering = 0
        self.stopping = False
        self.idle = set()

    async def connection(self, reader, writer):
        task = asyncio.current_task()
        try:
            while not self.stopping and await self.exchange(reader, writer, task):
                pass
        # Whoever goes away, or speaks no HTTP, is nobody to talk to.
        except (asyncio.CancelledError, asyncio.LimitOverrunError, asyncio.TimeoutError, EOFError, OSError, ValueError):
            pass
        finally:
            writer.close()

    async def exchange(self, reader, writer, task):
        self.idle.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        finally:
            self.idle.discard(task)
        request_line, *lines = head[:-4].split("\r\n")
        method, target, _ = request_line.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if target.partition("?")[0] == "/ws" and method == "GET" and "websocket" in headers.get("upgrade", "").lower():
            await self.subscribe(reader, writer, headers)
            return False
        self.answering += 1
        try:
            status, document, more = await self.answer(method, target, headers, reader)
        finally:
            self.answering -= 1
        body = json.dumps(document, indent=1).encode()
        kind = "application/problem+json" if status >= 400 else "application/json"
        close = self.stopping or status == 413 or "close" in headers.get("connection", "").lower()
        more = {"content-type": kind, "content-length": len(body), **more, **({"connection": "close"} if close else {})}
        lines = "".join(f"{name}: {value}\r\n" for name, value in more.items())
        writer.write(f"HTTP/1.1 {status} See-Below\r\n{lines}\r\n".encode() + (b"" if method == "HEAD" else body))
        await writer.drain()
        if status == 413:
            writer.write_eof()
            await asyncio.wait_for(reader.read(), 1)
        return not close

    async def subscribe(self, reader, writer, headers):
        accept = feed.accept(headers.get("sec-websocket-key", ""))
        lines = ["Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {accept}"]
        writer.write(("HTTP/1.1 101 Go On\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode())
        # The snapshot is taken and the queue added in one step: nothing is awaited in between.
        client = self.market.feed.join(reader, writer, self.engine.book())
        try:
            await client.serve()
        finally:
            self.market.feed.clients.discard(client)

    async def answer(self, method, target, headers, reader):
        try:
            body = await self.body(headers, reader)
            return await self.route(method, target, headers, body)
        except Problem as problem:
            document = {"detail": str(problem), "status": problem.status, "title": "Not So", "type": "about:blank"}
            if problem.field:
                document["field"] = problem.field
            return problem.status, document, problem.headers

    async def body(self, headers, reader):
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = b""
            while True:
                size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
                if size + len(body) > BODY_LIMIT:
                    raise Problem(413, f"a body has at most {BODY_LIMIT} bytes")
                body += await reader.readexactly(size)
                await reader.readuntil(b"\r\n")
                if size == 0:
                    return body
        size = int(headers.get("content-length", 0))
        if size > BODY_LIMIT:
            raise Problem(413, f"a body has at most {BODY_LIMIT} bytes")
        return await reader.readexactly(size)

    async def route(self, method, target, headers, body):
        path, _, query = target.partition("?")
        order = re.fullmatch("/orders/([0-9]{1,15})", path)
        routes = {}
        if path == "/orders":
            routes = {"POST": lambda: self.place(headers, body)}
        elif path.startswith("/orders/") and "/" not in path[8:]:
            number = int(order[1]) if order else 0
            routes = {"GET": lambda: self.show(number), "DELETE": lambda: self.cancel(number)}
        elif path == "/book":
            routes = {"GET": self.book}
        elif path == "/trades":
            routes = {"GET": lambda: self.trades(query)}
        elif path == "/ws":
            routes = {"GET": self.no_handshake}
        if not routes:
            raise Problem(404, "nothing is here")
        handler = routes.get("GET" if method == "HEAD" else method)
        if not handler:
            raise Problem(405, "this path takes other methods", allow=", ".join(routes))
        return await handler()

    async def place(self, headers, body):
        if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            raise Problem(415, "send application/json")
        try:
            order = json.loads(body.decode())
        except RecursionError:
            order = None
        except ValueError as error:
            raise Problem(400, f"that is not JSON: {error}")
        order_words(order)
        shown, trades = await self.market.command(lambda: order_words(order))
        return 201, {"trades": trades, "order": shown}, {"location": f"/orders/{shown['id']}"}

    def find(self, number):
        order = self.engine.find(number)
        if not order:
            raise Problem(404, "there is no such order")
        return order

    async def show(self, number):
        return 200, self.find(number).shown(), {}

    async def cancel(self, number):
        def words():
            if self.find(number).status != "open":
                raise Problem(409, f"the order is {self.find(number).status}")
            return ["cancel", str(number)]

        shown, _ = await self.market.command(words)
        return 200, shown, {}

    async def book(self):
        return 200, self.engine.book(), {}

    async def trades(self, query):
        after = parse_qs(query, True).get("after", ["0"])[0]
        if not re.fullmatch("[0-9]{1,18}", after):
            raise Problem(422, "after is a number", "after")
        return 200, {"trades": self.engine.trades[int(after) : int(after) + 1000]}, {}

    async def no_handshake(self):
        raise Problem(426, "this is for WebSocket", upgrade="websocket")

    async def stop(self, listener):
        listener.close()
        self.stopping = True
        self.market.feed.say_goodbye()
        for task in list(self.idle):
            task.cancel()
        for _ in range(150):
            if not self.answering and not self.market.feed.clients:
                return
            await asyncio.sleep(0.01)


async def serve(options, service):
    host, _, port = options.listen.rpartition(":")
    listener = await asyncio.start_server(service.connection, host, int(port), backlog=1024)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    print(f"LISTENING http {host}:{listener.sockets[0].getsockname()[1]}\nREADY", flush=True)
    await stop.wait()
    await service.stop(listener)


def main():
    environment = os.environ.get
    parser = argparse.ArgumentParser(description="A market")
    parser.add_argument("--listen", default=environment("LISTEN", "127.0.0.1:8080"), metavar="ADDR:PORT")
    parser.add_argument("--data-dir", default=environment("DATA_DIR", "data"), metavar="DIR")
    parser.add_argument("--queue", type=int, default=environment("QUEUE", "1024"), metavar="N")
    options = parser.parse_args()
    if not re.fullmatch(r".+:[0-9]{1,5}", options.listen) or options.queue < 1:
        parser.error("--listen takes an address and a port, --queue a number from 1")
    engine = Engine()
    try:
        journal = Journal(options.data_dir)
        journal.replay(engine)
        asyncio.run(serve(options, Service(Market(engine, journal, feed.Feed(options.queue)))))
    except (OSError, Damaged) as error:
        sys.exit(f"exchange: {error}")


main()
