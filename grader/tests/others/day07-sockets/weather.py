#!/usr/bin/env python3
"""Day 7 in Python: a thread for each client and for each call, one lock for what they share, and sockets for the calls."""

import argparse
import json
import math
import os
import re
import signal
import socketserver
import sys
import threading
import time
import unicodedata
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs

sys.dont_write_bytecode = True
import upstream as up  # noqa: E402


class Problem(Exception):
    def __init__(self, status, detail, wait=None):
        super().__init__(detail)
        self.status, self.wait = status, wait


class Entry:
    def __init__(self, observation, entity_tag):
        self.observation, self.entity_tag = observation, entity_tag
        self.fetched = time.monotonic()

    def age(self):
        return time.monotonic() - self.fetched


class Flight:
    """A call that is under way, for all who want the same."""

    def __init__(self):
        self.landed = threading.Event()
        self.outcome = None


class Guard:
    """Says whether anybody may be asked: the pause that a 429 wants, and the circuit breaker."""

    def __init__(self, most_failures, rest):
        self.most_failures, self.rest = most_failures, rest
        self.paused_until = self.open_until = 0.0
        self.failures = 0
        self.is_open = self.is_trying = False

    def expect_no_pause(self):
        left = self.paused_until - time.monotonic()
        if left > 0:
            raise Problem(503, "the weather service wants a pause", left)

    def enter(self):
        self.expect_no_pause()
        if self.is_open:
            left = self.open_until - time.monotonic()
            if left > 0 or self.is_trying:
                raise Problem(503, "the weather service is left alone for a while", max(left, 0.1))
            self.is_trying = True

    def answered(self):
        self.failures, self.is_open, self.is_trying = 0, False, False

    def failed(self):
        self.failures += 1
        if self.failures >= self.most_failures:
            self.is_open, self.is_trying = True, False
            self.open_until = time.monotonic() + self.rest


class Weather:
    def __init__(self, options, upstream):
        self.options, self.upstream = options, upstream
        self.lock = threading.Lock()
        self.entries, self.flights = OrderedDict(), {}
        self.guard = Guard(options.breaker_failures, options.breaker_ms / 1000)

    def get(self, city):
        """An entry, and where it comes from."""
        key = city.lower()
        with self.lock:
            entry = self.look(key)
            if entry and entry.age() * 1000 < self.options.ttl_ms:
                return entry, "hit"
            flight = self.flights.get(key)
            if not flight:
                try:
                    self.guard.enter()
                except Problem as problem:
                    return self.stand_in(entry, problem)
                flight = self.flights[key] = Flight()
                threading.Thread(target=self.fly, args=[flight, key, city, entry], daemon=True).start()
        flight.landed.wait()
        if isinstance(flight.outcome, Problem):
            with self.lock:
                return self.stand_in(self.entries.get(key), flight.outcome)
        return flight.outcome

    def look(self, key):
        if key in self.entries:
            self.entries.move_to_end(key)
        return self.entries.get(key)

    def stand_in(self, entry, problem):
        most = (self.options.ttl_ms + self.options.stale_ms) / 1000
        if problem.status in (502, 503, 504) and entry and entry.age() <= most:
            return entry, "stale"
        raise problem

    def fly(self, flight, key, city, old):
        outcome = Problem(502, "the call failed")
        try:
            outcome = self.call(key, city, old)
        except Problem as problem:
            outcome = problem
        finally:
            with self.lock:
                del self.flights[key]
                flight.outcome = outcome
            flight.landed.set()

    def call(self, key, city, old):
        wait = self.options.retry_ms / 1000
        for tries_left in range(self.options.retries, -1, -1):
            try:
                answer = self.upstream.ask(city, old and old.entity_tag)
                return self.understood(key, old, *answer)
            except up.Failed as failed:
                if not failed.is_late and tries_left:
                    time.sleep(wait)
                    wait *= 2
                    with self.lock:
                        self.guard.expect_no_pause()
                    continue
                with self.lock:
                    self.guard.failed()
                raise Problem(504 if failed.is_late else 502, str(failed))

    def understood(self, key, old, status, headers, content):
        if status == 304 and old and old.entity_tag:
            entry, source = Entry(old.observation, old.entity_tag), "revalidated"
        elif status == 200:
            entry, source = Entry(up.observation(content), headers.get("etag")), "miss"
        elif status not in (404, 429):
            raise up.Failed(f"the weather service answered {status}")
        with self.lock:
            self.guard.answered()
            if status == 404:
                self.entries.pop(key, None)
                raise Problem(404, "the weather service knows no such city")
            if status == 429:
                wait = up.pause(headers)
                self.guard.paused_until = max(self.guard.paused_until, time.monotonic() + wait)
                raise Problem(503, "the weather service wants a pause", wait)
            self.entries[key] = entry
            self.entries.move_to_end(key)
            while len(self.entries) > self.options.capacity:
                self.entries.popitem(last=False)
        return entry, source


def shown(observation, units):
    kelvin, speed = observation["temp_k"], observation["wind_ms"]
    if units == "metric":
        temperature, wind = kelvin - 273.15, speed * 3.6
    else:
        temperature, wind = kelvin * 9 / 5 - 459.67, speed * 3600 / 1609.344
    return {
        "units": units, "wind": round(wind, 1), "temperature": round(temperature, 1),
        "humidity_percent": math.floor(observation["humidity"] * 100 + 0.5), "condition": observation["condition"],
        "observed_at": observation["observed_at"], "city": observation["city"],
    }


def question(query):
    try:
        query = parse_qs(query, True, errors="strict")
    except ValueError:
        raise Problem(422, "city is not UTF-8")
    city, units = query.get("city", [""])[0].strip(), query.get("units", ["metric"])[0]
    if not 1 <= len(city) <= 80 or any(unicodedata.category(character) == "Cc" for character in city):
        raise Problem(422, "city has 1 to 80 characters, none of them a control character")
    if units not in ("metric", "imperial"):
        raise Problem(422, "units are metric or imperial")
    return city, units


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def __getattr__(self, name):
        # The base class looks for a method called do_GET, do_PUT and so on.
        if name.startswith("do_"):
            return self.handle_request
        raise AttributeError(name)

    def handle_request(self):
        self.server.in_flight(+1)
        try:
            status, document, headers = 200, None, {}
            try:
                document, headers = self.answer()
            except Problem as problem:
                status = problem.status
                document = {"detail": str(problem), "status": status, "title": "No Weather", "type": "about:blank"}
                if status == 405:
                    headers["allow"] = "GET, HEAD"
                if problem.wait is not None:
                    headers["retry-after"] = str(math.ceil(problem.wait))
            self.respond(status, document, headers)
        finally:
            self.server.in_flight(-1)

    def answer(self):
        path, _, query = self.path.partition("?")
        if path != "/weather":
            raise Problem(404, "nothing is here")
        if self.command not in ("GET", "HEAD"):
            # A body would be taken for the next request.
            self.close_connection = True
            raise Problem(405, "this path takes GET")
        city, units = question(query)
        entry, source = self.server.weather.get(city)
        return shown(entry.observation, units), {"x-cache": source, "age": str(int(entry.age()))}

    def respond(self, status, document, headers):
        body = json.dumps(document, indent=2).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-type", "application/json" if status == 200 else "application/problem+json")
        self.send_header("content-length", str(len(body)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *arguments):
        pass


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 512
    weather = None

    def __init__(self, address):
        super().__init__(address, Handler)
        self.answering = 0
        self.changed = threading.Condition()

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


def main():
    environment = os.environ.get
    parser = argparse.ArgumentParser(description="Remembers the weather")
    parser.add_argument("--listen", default=environment("LISTEN", "127.0.0.1:8080"), metavar="ADDR:PORT")
    parser.add_argument("--upstream", default=environment("UPSTREAM"), metavar="URL")
    for name, default in {
        "ttl-ms": 60_000, "stale-ms": 600_000, "timeout-ms": 2000, "retries": 1, "retry-ms": 100, "capacity": 1000,
        "breaker-failures": 5, "breaker-ms": 5000,
    }.items():
        parser.add_argument(f"--{name}", type=int, default=default, metavar="N")
    options = parser.parse_args()
    if not re.fullmatch(r".+:[0-9]{1,5}", options.listen):
        parser.error("--listen takes an address and a port")
    try:
        upstream = up.Upstream(options.upstream or "", environment("UPSTREAM_KEY", ""), options.timeout_ms / 1000)
    except ValueError as error:
        parser.error(f"--upstream {error}")
    host, _, port = options.listen.rpartition(":")
    try:
        server = Server((host, int(port)))
    except OSError as error:
        sys.exit(f"weather: cannot listen on {options.listen}: {error}; choose another port")
    server.weather = Weather(options, upstream)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"LISTENING http {host}:{server.server_address[1]}\nREADY", flush=True)
    server.serve_forever(poll_interval=0.05)
    server.server_close()
    server.finish()


main()
