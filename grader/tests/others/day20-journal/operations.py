"""What clients can ask for: a method for each operation."""

import hashlib
import re
import secrets
import time

import checks
from checks import Refused, invalid, number, text
from state import now_ms

HANDLE = re.compile("receipt:[0-9a-f]{32}")


def arn(name):
    return f"arn:aws:sqs:here:000000000000:{name}"


class Operations:
    def __init__(self, state, second_ms):
        self.state = state
        self.second_ms = second_ms

    def call(self, name, parameters, host):
        if not re.fullmatch("[A-Z][A-Za-z]+", name) or not hasattr(self, name):
            raise Refused("UnknownOperationException", f"there is no operation {name}")
        with self.state.alone():
            return getattr(self, name)(parameters, host)

    # Queues

    def CreateQueue(self, parameters, host):
        name = text(parameters, "QueueName")
        given = checks.attributes(parameters.get("Attributes") or {}, self.state.queues, arn)
        is_fifo = given.get("FifoQueue") == "true"
        stem = name[:-5] if is_fifo and len(name) <= 80 else name
        if not checks.NAME.fullmatch(stem) or is_fifo != name.endswith(".fifo"):
            raise invalid("a name has 1 to 80 of A-Z a-z 0-9 - _, and ends with .fifo exactly if the queue is a FIFO queue")
        queue = self.state.queues.get(name)
        if queue and any(queue.attributes.get(key, "") != value for key, value in given.items()):
            raise Refused("QueueNameExists", f"{name} is there, with other attributes")
        if not queue:
            self.state.change(["queue", name, {**checks.DEFAULTS, **given}])
        return {"QueueUrl": url(host, name)}

    def GetQueueUrl(self, parameters, host):
        return {"QueueUrl": url(host, self.queue_called(text(parameters, "QueueName")).name)}

    def ListQueues(self, parameters, host):
        prefix = parameters.get("QueueNamePrefix") or ""
        return {"QueueUrls": [url(host, name) for name in sorted(self.state.queues) if name.startswith(prefix)]}

    def DeleteQueue(self, parameters, host):
        self.state.change(["no queue", self.queue(parameters).name])
        return {}

    def PurgeQueue(self, parameters, host):
        self.state.change(["purge", self.queue(parameters).name])
        return {}

    def SetQueueAttributes(self, parameters, host):
        queue = self.queue(parameters)
        given = parameters.get("Attributes")
        if given is None:
            raise Refused("MissingParameter", "Attributes is missing")
        given = checks.attributes(given, self.state.queues, arn)
        if given.get("FifoQueue", "true" if is_fifo(queue) else "false") != ("true" if is_fifo(queue) else "false"):
            raise Refused("InvalidAttributeValue", "a queue stays what it is")
        self.state.change(["attributes", queue.name, {**queue.attributes, **given}])
        return {}

    def GetQueueAttributes(self, parameters, host):
        queue, now = self.queue(parameters), now_ms()
        messages = queue.messages.values()
        in_flight = sum(message.is_in_flight(now) for message in messages)
        hidden = sum(not message.is_visible(now) for message in messages)
        counts = [len(messages) - hidden, in_flight, hidden - in_flight]
        known = {"QueueArn": arn(queue.name), **dict(zip(checks.COUNTED, map(str, counts))), **queue.attributes}
        if not known.get("RedrivePolicy"):
            known.pop("RedrivePolicy", None)
        asked = parameters.get("AttributeNames") or []
        settable = {*checks.SECONDS, "RedrivePolicy", "FifoQueue", "ContentBasedDeduplication"}
        for name in asked:
            if name != "All" and name not in known and name not in settable:
                raise Refused("InvalidAttributeName", f"{name!r} is no attribute")
        return {"Attributes": {name: value for name, value in known.items() if "All" in asked or name in asked}}

    # Messages

    def SendMessage(self, parameters, host):
        queue = self.queue(parameters)
        content = checks.body(parameters)
        attributes = checks.message_attributes(parameters.get("MessageAttributes") or {})
        if checks.size(content, attributes) > checks.LARGEST:
            raise invalid(f"a message may have {checks.LARGEST} bytes")
        delay = number(parameters, "DelaySeconds", 0, 900, int(queue.attributes["DelaySeconds"]))
        answer = {"MD5OfMessageBody": checks.sum_of(content)}
        if attributes:
            answer["MD5OfMessageAttributes"] = checks.sum_of_attributes(attributes)
        now = now_ms()
        fields = {
            "id": f"{secrets.token_hex(4)}.{secrets.token_hex(12)}", "body": content, "sent": now,
            "attributes": parameters.get("MessageAttributes") or {}, "hidden_until": now + delay * self.second_ms,
        }
        if is_fifo(queue):
            before = self.place_in_order(queue, parameters, fields)
            if before:
                return {**answer, "MessageId": before[1], "SequenceNumber": f"{before[2]:020}"}
            answer["SequenceNumber"] = f"{fields['sequence']:020}"
        self.state.change(["send", queue.name, fields])
        return {**answer, "MessageId": fields["id"]}

    def place_in_order(self, queue, parameters, fields):
        """Gives a message its group and its number, or returns the one that it repeats."""
        if parameters.get("DelaySeconds") is not None:
            raise invalid("messages of a FIFO queue have no DelaySeconds")
        fields["group"] = text(parameters, "MessageGroupId")
        deduplication = parameters.get("MessageDeduplicationId")
        if deduplication is None and queue.attributes.get("ContentBasedDeduplication") == "true":
            deduplication = hashlib.sha256(fields["body"].encode()).hexdigest()
        fields["deduplication"] = text({"MessageDeduplicationId": deduplication}, "MessageDeduplicationId")
        before = queue.recent.get(fields["deduplication"])
        if before and fields["sent"] < before[0] + 300 * self.second_ms:
            return before
        fields["sequence"] = self.state.sequence + 1
        return None

    def ReceiveMessage(self, parameters, host):
        queue = self.queue(parameters)
        most = number(parameters, "MaxNumberOfMessages", 1, 10, 1)
        hidden = number(parameters, "VisibilityTimeout", 0, 43_200, None)
        wait = number(parameters, "WaitTimeSeconds", 0, 20, int(queue.attributes["ReceiveMessageWaitTimeSeconds"]))
        wanted = checks.names(parameters, "AttributeNames", "MessageSystemAttributeNames")
        wanted_attributes = checks.names(parameters, "MessageAttributeNames")
        end = time.monotonic() + wait * self.second_ms / 1000
        while True:
            # The queue may be another one by now, or none.
            queue = self.queue(parameters)
            now = now_ms()
            self.bury(queue, now)
            found = self.visible(queue, now, most)
            rest = end - time.monotonic()
            if found or rest <= 0 or self.state.stopping:
                break
            soon = [message.hidden_until - now for message in queue.messages.values() if not message.is_visible(now)]
            self.state.changed.wait(min([rest, *(milliseconds / 1000 + 0.0005 for milliseconds in soon)]))
        seconds = int(queue.attributes["VisibilityTimeout"]) if hidden is None else hidden
        handles = [f"receipt:{secrets.token_hex(16)}" for _ in found]
        if found:
            self.state.change(*(
                ["receive", queue.name, message.id, handle, now, now + seconds * self.second_ms]
                for message, handle in zip(found, handles)
            ))
        return {"Messages": [self.show(message, wanted, wanted_attributes) for message in found]}

    def bury(self, queue, now):
        """Moves what was received too often."""
        policy = checks.redrive(queue.attributes.get("RedrivePolicy", ""), [arn(name) for name in self.state.queues])
        if not policy:
            return
        grave = policy[0].rpartition(":")[2]
        dead = [it for it in queue.messages.values() if it.received >= policy[1] and it.is_visible(now)]
        if dead:
            self.state.change(*(["bury", queue.name, message.id, grave] for message in dead))

    def visible(self, queue, now, most):
        blocked = {message.group for message in queue.messages.values() if message.group is not None and message.is_in_flight(now)}
        found = []
        for message in queue.messages.values():
            if len(found) == most:
                break
            if message.group is not None and message.group in blocked:
                continue
            if message.is_visible(now):
                found.append(message)
            elif message.group is not None:
                blocked.add(message.group)
        return found

    def show(self, message, wanted, wanted_attributes):
        fields = message.fields
        shown = {
            "Body": fields["body"], "MD5OfBody": checks.sum_of(fields["body"]), "ReceiptHandle": message.handle,
            "MessageId": message.id,
        }
        own = {
            "SentTimestamp": str(fields["sent"]), "ApproximateReceiveCount": str(message.received),
            "ApproximateFirstReceiveTimestamp": str(message.first_received),
        }
        if message.group is not None:
            own["MessageGroupId"], own["MessageDeduplicationId"] = message.group, fields["deduplication"]
            own["SequenceNumber"] = f"{fields['sequence']:020}"
        own = {name: value for name, value in own.items() if wanted(name)}
        if own:
            shown["Attributes"] = own
        attributes = {name: value for name, value in fields["attributes"].items() if wanted_attributes(name)}
        if attributes:
            shown["MessageAttributes"] = attributes
            shown["MD5OfMessageAttributes"] = checks.sum_of_attributes(checks.message_attributes(attributes))
        return shown

    def DeleteMessage(self, parameters, host):
        queue = self.queue(parameters)
        message = queue.by_handle.get(handle(parameters))
        if message:
            self.state.change(["delete", queue.name, message.id])
        return {}

    def ChangeMessageVisibility(self, parameters, host):
        queue = self.queue(parameters)
        message = queue.by_handle.get(handle(parameters))
        seconds = number(parameters, "VisibilityTimeout", 0, 43_200, None)
        if seconds is None:
            raise Refused("MissingParameter", "VisibilityTimeout is missing")
        now = now_ms()
        if not message or not message.is_in_flight(now):
            raise Refused("MessageNotInflight", "nothing is in flight with this handle")
        self.state.change(["hide", queue.name, message.id, now + seconds * self.second_ms])
        return {}

    # Batches

    def SendMessageBatch(self, parameters, host):
        def length(entry):
            try:
                attributes = checks.message_attributes(entry.get("MessageAttributes") or {})
                return checks.size(entry["MessageBody"], attributes)
            except (Refused, KeyError, AttributeError, ValueError):
                return 0

        entries = self.entries(parameters)
        if sum(map(length, entries)) > checks.LARGEST:
            raise Refused("BatchRequestTooLong", f"all messages together may have {checks.LARGEST} bytes")
        return self.batch(self.SendMessage, parameters, host, entries)

    def DeleteMessageBatch(self, parameters, host):
        return self.batch(self.DeleteMessage, parameters, host, self.entries(parameters))

    def ChangeMessageVisibilityBatch(self, parameters, host):
        return self.batch(self.ChangeMessageVisibility, parameters, host, self.entries(parameters))

    def entries(self, parameters):
        self.queue(parameters)
        entries = parameters.get("Entries") or []
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise Refused("SerializationException", "Entries is a list of objects")
        ids = [text(entry, "Id") for entry in entries]
        if not ids:
            raise Refused("EmptyBatchRequest", "there is nothing in it")
        if len(ids) > 10:
            raise Refused("TooManyEntriesInBatchRequest", "there are more than 10")
        if not all(map(checks.NAME.fullmatch, ids)):
            raise Refused("InvalidBatchEntryId", "an Id has 1 to 80 of A-Z a-z 0-9 - _")
        if len(set(ids)) < len(ids):
            raise Refused("BatchEntryIdsNotDistinct", "two have the same Id")
        return entries

    def batch(self, operation, parameters, host, entries):
        successful, failed = [], []
        for entry in entries:
            try:
                answer = operation({**entry, "QueueUrl": parameters["QueueUrl"]}, host)
                successful.append({**answer, "Id": entry["Id"]})
            except Refused as refused:
                failed.append({"SenderFault": True, "Message": str(refused), "Code": refused.kind, "Id": entry["Id"]})
        return {"Failed": failed, "Successful": successful}

    def queue(self, parameters):
        return self.queue_called(text(parameters, "QueueUrl").rstrip("/").rpartition("/")[2])

    def queue_called(self, name):
        if name not in self.state.queues:
            raise Refused("QueueDoesNotExist", f"there is no queue {name!r}")
        return self.state.queues[name]


def url(host, name):
    return f"http://{host}/000000000000/{name}"


def is_fifo(queue):
    return queue.attributes.get("FifoQueue") == "true"


def handle(parameters):
    given = text(parameters, "ReceiptHandle")
    if not HANDLE.fullmatch(given):
        raise Refused("ReceiptHandleIsInvalid", "that is no receipt handle")
    return given
