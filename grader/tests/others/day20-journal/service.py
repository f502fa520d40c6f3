#!/usr/bin/env python3
"""Day 20 in Python: threads, one lock, and a journal of changes instead of a database."""

import argparse
import json
import os
import re
import signal
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler

sys.dont_write_bytecode = True
from checks import Refused  # noqa: E402
from operations import Operations  # noqa: E402
from state import State  # noqa: E402

LONGEST = 16 * 1024 * 1024


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # The whole answer in one piece.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_POST(self):
        self.server.in_flight(+1)
        try:
            try:
                status, answer = 200, self.answer()
            except Refused as refused:
                status, answer = 400, {"message": str(refused), "__type": refused.kind}
            except Exception as error:
                print(f"queue: a fault of ours: {error!r}", file=sys.stderr)
                status, answer = 500, {"message": "a fault of ours", "__type": "InternalFailure"}
            self.respond(status, answer)
        finally:
            self.server.in_flight(-1)

    def answer(self):
        length = self.headers.get("content-length", "")
        if not re.fullmatch("[0-9]{1,12}", length) or int(length) > LONGEST:
            self.close_connection = True
            raise Refused("SerializationException", "a request has a Content-Length, and at most 16 MiB")
        body = self.rfile.read(int(length))
        target = self.headers.get("x-amz-target", "")
        if not target.startswith("AmazonSQS."):
            raise Refused("UnknownOperationException", "X-Amz-Target names no operation of queues")
        try:
            parameters = json.loads(body.decode())
        except (ValueError, RecursionError) as error:
            raise Refused("SerializationException", f"that is not JSON: {error}") from error
        if not isinstance(parameters, dict):
            raise Refused("SerializationException", "parameters are an object")
        host = self.headers.get("host") or "localhost"
        return self.server.operations.call(target.partition(".")[2], parameters, host)

    def respond(self, status, answer):
        body = json.dumps(answer, separators=(", ", ":  "), ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("X-AMZN-REQUESTID", "none")
        self.send_header("CONTENT-TYPE", "application/x-amz-json-1.0")
        self.send_header("CONTENT-LENGTH", str(len(body)))
        if self.close_connection:
            self.send_header("CONNECTION", "close")
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *arguments):
        pass


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 512
    operations = None

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
    parser = argparse.ArgumentParser(description="Keeps messages until they are done with")
    parser.add_argument("--listen", default=environment("LISTEN", "127.0.0.1:8080"), metavar="ADDR:PORT")
    parser.add_argument("--data-dir", default=environment("DATA_DIR", "data"), metavar="DIR")
    parser.add_argument("--second-ms", default=environment("SECOND_MS", "1000"), type=int, metavar="N")
    options = parser.parse_args()
    if not re.fullmatch(r".+:[0-9]{1,5}", options.listen) or options.second_ms < 1:
        parser.error("--listen takes an address and a port, --second-ms a number from 1")
    host, _, port = options.listen.rpartition(":")
    try:
        state = State(options.data_dir)
        server = Server((host, int(port)))
    except OSError as error:
        sys.exit(f"queue: {error}")
    server.operations = Operations(state, options.second_ms)

    def stop():
        with state.alone():
            state.stopping = True
            state.changed.notify_all()
        server.shutdown()

    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=stop).start())
    print(f"LISTENING http {host}:{server.server_address[1]}\nREADY", flush=True)
    server.serve_forever(poll_interval=0.05)
    server.server_close()
    server.finish()


main()
