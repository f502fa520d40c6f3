"""Where a URL leads, read as a browser reads it (url.spec.whatwg.org, section 3.5 and 4.4), without a URL library."""

import ipaddress
import re
import unicodedata
from urllib.parse import unquote_to_bytes

PORTS = {"http": 80, "https": 443}
# Slashes after the scheme may lean either way, and a browser does not count them.
SPECIAL = re.compile(r"(https?):[/\\]*([^/\\?#]*)", re.IGNORECASE)
FORBIDDEN = re.compile(r"[\x00-\x20\"#%/:<>?@\[\\\]^`{|}\x7f]")
DOTS = re.compile("[\u3002\uff0e\uff61]")
IGNORED = re.compile("[\u00ad\u200b\u2060\ufeff\ufe00-\ufe0f]")


class NoAddress(ValueError):
    """A text that no browser would take for a URL of the web; says why."""


def target(url):
    """Host and port of an absolute http or https URL."""
    found = SPECIAL.match(url)
    if not found:
        raise NoAddress("has to begin with http:// or https://")
    scheme, authority = found.groups()
    user, at, place = authority.rpartition("@")
    if at and user.strip(":"):
        raise NoAddress("must not have a user name or a password")
    host, port = re.fullmatch(r"(.*?)(?::([0-9]*))?", place, re.DOTALL).groups() if place else ("", None)
    if not host:
        raise NoAddress("has no host")
    number = int(port[-20:]) if port else PORTS[scheme.lower()]
    if number > 65_535:
        raise NoAddress("has a port above 65535")
    return read_host(host), number


def read_host(host):
    if host.startswith("["):
        try:
            return ipaddress.IPv6Address(host.strip("[]")) if host.endswith("]") and "%" not in host else fail()
        except ValueError:
            fail()
    try:
        host = unquote_to_bytes(host).decode("utf-8")
    except UnicodeDecodeError:
        fail()
    host = DOTS.sub(".", IGNORED.sub("", unicodedata.normalize("NFKC", host))).lower()
    if not host or FORBIDDEN.search(host):
        fail()
    labels = host.split(".")
    if labels[-1] == "" and len(labels) > 1:
        labels.pop()
    if labels[-1].isascii() and (labels[-1].isdigit() or re.fullmatch("0x[0-9a-f]*", labels[-1])):
        return read_ipv4(labels)
    return host


def read_ipv4(parts):
    """One to four numbers, decimal, octal or hexadecimal; the last fills what the others leave."""
    if len(parts) > 4:
        fail()
    numbers = [read_number(part) for part in parts]
    *first, last = numbers
    if any(number > 255 for number in first) or last >= 256 ** (5 - len(numbers)):
        fail()
    return ipaddress.IPv4Address(sum(number << (8 * (3 - place)) for place, number in enumerate(first)) + last)


def read_number(part):
    if re.fullmatch("0x[0-9a-f]{0,64}", part):
        return int(part[2:] or "0", 16)
    if re.fullmatch("0[0-7]{0,64}", part):
        return int(part, 8)
    if re.fullmatch("[1-9][0-9]{0,64}", part):
        return int(part)
    return fail()


def fail():
    raise NoAddress("has a host that is none")
