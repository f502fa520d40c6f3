"""Queues and messages in memory, and a journal from which they come back: one JSON document a line, one line a change.

A change is written and flushed before it is made, under one lock, so memory never knows what the journal does not. The
journal is never shortened.
"""

import contextlib
import json
import os
import threading
import time
from pathlib import Path


def now_ms():
    return time.time_ns() // 1_000_000


class Message:
    def __init__(self, fields):
        self.fields = fields
        self.id = fields["id"]
        self.group = fields.get("group")
        self.hidden_until = fields["hidden_until"]
        self.received = 0
        self.first_received = None
        self.handle = None

    def is_visible(self, now):
        return self.hidden_until <= now

    def is_in_flight(self, now):
        return self.received > 0 and not self.is_visible(now)


class Queue:
    def __init__(self, name, attributes):
        self.name = name
        self.attributes = attributes
        # In the order in which they came.
        self.messages = {}
        self.by_handle = {}
        # What was sent under a deduplication id, and when.
        self.recent = {}

    def forget(self, message):
        self.messages.pop(message.id, None)
        self.by_handle.pop(message.handle, None)


class State:
    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self.queues = {}
        self.sequence = 0
        self.stopping = False
        self.changed = threading.Condition()
        self.path = Path(folder) / "changes.jsonl"
        # Without buffering: a line is with the system when write returns.
        self.journal = open(self.path, "a+b", buffering=0)
        self.replay()

    def replay(self):
        self.journal.seek(0)
        text = self.journal.read()
        # Whoever was killed while writing has not told anybody that it is written.
        whole = text.rfind(b"\n") + 1
        for number, line in enumerate(text[:whole].splitlines(), 1):
            try:
                self.make(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise OSError(f"line {number} is damaged ({error!r}); restore the file, or take another --data-dir") from error
        if whole < len(text):
            self.journal.truncate(whole)

    @contextlib.contextmanager
    def alone(self):
        """What is read and changed inside happens as one step."""
        with self.changed:
            yield self

    def change(self, *changes):
        """Writes changes as a whole, makes them, and wakes whoever waits."""
        lines = json.dumps(list(changes)).encode() + b"\n"
        if self.journal.write(lines) != len(lines):
            raise OSError("the journal takes no more")
        os.fdatasync(self.journal.fileno())
        for change in changes:
            self.apply(change)
        self.changed.notify_all()

    def make(self, changes):
        for change in changes:
            self.apply(change)

    def apply(self, change):
        kind, name, *rest = change
        if kind == "queue":
            self.queues[name] = Queue(name, rest[0])
            return
        if kind == "no queue":
            del self.queues[name]
            return
        queue = self.queues[name]
        getattr(self, f"apply_{kind}")(queue, *rest)

    def apply_attributes(self, queue, attributes):
        queue.attributes = attributes

    def apply_purge(self, queue):
        queue.messages.clear()
        queue.by_handle.clear()

    def apply_send(self, queue, fields):
        queue.messages[fields["id"]] = Message(fields)
        if "sequence" in fields:
            self.sequence = max(self.sequence, fields["sequence"])
            queue.recent[fields["deduplication"]] = [fields["sent"], fields["id"], fields["sequence"]]

    def apply_receive(self, queue, key, handle, now, hidden_until):
        message = queue.messages[key]
        queue.by_handle.pop(message.handle, None)
        message.handle, message.hidden_until = handle, hidden_until
        message.received += 1
        message.first_received = message.first_received or now
        queue.by_handle[handle] = message

    def apply_hide(self, queue, key, hidden_until):
        queue.messages[key].hidden_until = hidden_until

    def apply_delete(self, queue, key):
        queue.forget(queue.messages[key])

    def apply_bury(self, queue, key, grave):
        message = queue.messages[key]
        queue.forget(message)
        message.handle, message.received, message.first_received = None, 0, None
        self.queues[grave].messages[key] = message
