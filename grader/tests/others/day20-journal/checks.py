"""What requests may hold, and the sums that clients check."""

import base64
import binascii
import hashlib
import json
import re
import struct

LARGEST = 1_048_576
NAME = re.compile("[A-Za-z0-9_-]{1,80}")
NO_CONTENT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
SECONDS = {"VisibilityTimeout": 43_200, "DelaySeconds": 900, "ReceiveMessageWaitTimeSeconds": 20}
DEFAULTS = {"VisibilityTimeout": "30", "DelaySeconds": "0", "ReceiveMessageWaitTimeSeconds": "0"}
COUNTED = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]


class Refused(Exception):
    def __init__(self, kind, why):
        super().__init__(why)
        self.kind = kind


def invalid(why):
    return Refused("InvalidParameterValue", why)


def text(parameters, name):
    value = parameters.get(name)
    if value is None:
        raise Refused("MissingParameter", f"{name} is missing")
    if not isinstance(value, str):
        raise Refused("SerializationException", f"{name} has to be a text")
    return value


def number(parameters, name, least, most, otherwise):
    value = parameters.get(name)
    if value is None:
        return otherwise
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused("SerializationException", f"{name} has to be a whole number")
    if not least <= value <= most:
        raise invalid(f"{name} goes from {least} to {most}")
    return value


def names(parameters, *members):
    """Whether a name is among those that a request asks for."""
    wanted = [name for member in members for name in parameters.get(member) or []]
    if not all(isinstance(name, str) for name in wanted):
        raise Refused("SerializationException", "names are texts")
    prefixes = tuple(name[:-1] for name in wanted if name.endswith(".*"))
    return lambda name: "All" in wanted or ".*" in wanted or name in wanted or bool(prefixes) and name.startswith(prefixes)


def attributes(given, queues, arn):
    """The attributes of a queue that a client sets, checked."""
    if not isinstance(given, dict):
        raise Refused("SerializationException", "Attributes is an object")
    for name, value in given.items():
        fits = isinstance(value, str)
        if name in SECONDS:
            fits = fits and re.fullmatch("[0-9]{1,9}", value) and int(value) <= SECONDS[name]
        elif name in ("FifoQueue", "ContentBasedDeduplication"):
            fits = value in ("true", "false")
        elif name == "RedrivePolicy":
            fits = fits and (value == "" or redrive(value, [arn(queue) for queue in queues]))
        else:
            raise Refused("InvalidAttributeName", f"{name!r} is no attribute that can be set")
        if not fits:
            raise Refused("InvalidAttributeValue", f"{name} cannot be {value!r}")
    return dict(given)


def redrive(value, arns):
    """Where dead letters of a policy go, and after how many receives. None for what is no policy."""
    try:
        policy = json.loads(value)
        arn, most = policy["deadLetterTargetArn"], policy["maxReceiveCount"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    is_number = isinstance(most, int) and not isinstance(most, bool) or isinstance(most, str) and re.fullmatch("[0-9]{1,4}", most)
    if arn not in arns or not is_number or not 1 <= int(most) <= 1000:
        return None
    return arn, int(most)


def body(parameters):
    value = text(parameters, "MessageBody")
    if not value or NO_CONTENT.search(value):
        raise Refused("InvalidMessageContents", "a body has at least one character, and only those of XML")
    return value


def message_attributes(given):
    """Name, type, and the bytes of the value, by name."""
    if not isinstance(given, dict):
        raise Refused("SerializationException", "MessageAttributes is an object")
    return [(name, *typed(name, given[name])) for name in sorted(given)]


def typed(name, attribute):
    kind = attribute.get("DataType") if isinstance(attribute, dict) else None
    base = kind.split(".")[0] if isinstance(kind, str) else None
    try:
        if base == "Binary":
            value = base64.b64decode(attribute["BinaryValue"], validate=True)
        elif base in ("String", "Number"):
            value = attribute["StringValue"].encode()
            if base == "Number":
                float(value)
        else:
            value = b""
        if value:
            return kind, value
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error):
        pass
    raise invalid(f"the attribute {name!r} has no type and value that fit")


def size(content, attributes):
    return len(content.encode()) + sum(len(name.encode()) + len(kind.encode()) + len(value) for name, kind, value in attributes)


def sum_of(content):
    return hashlib.md5(content.encode()).hexdigest()


def sum_of_attributes(attributes):
    digest = hashlib.md5()
    for name, kind, value in attributes:
        for part in (name.encode(), kind.encode()):
            digest.update(struct.pack(">I", len(part)) + part)
        digest.update(b"\x02" if kind.startswith("Binary") else b"\x01")
        digest.update(struct.pack(">I", len(value)) + value)
    return digest.hexdigest()
