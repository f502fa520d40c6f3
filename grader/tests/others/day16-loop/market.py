"""The engine, and the journal that feeds it.

Levels are lists that are searched by halving, and the journal has lines of words with a checksum in front. Commands that
have come in the same turn of the event loop are written together; until that is done nobody can look, because the loop
does nothing else.
"""

import bisect
import datetime
import os
import time
import zlib
from pathlib import Path


class Order:
    def __init__(self, number, at, trader, side, kind, quantity, price, time_in_force):
        self.number, self.at, self.trader, self.side, self.kind = number, at, trader, side, kind
        self.quantity, self.price, self.time_in_force = quantity, price, time_in_force
        self.filled = 0
        self.status = "open"

    def rest(self):
        return self.quantity - self.filled

    def shown(self):
        return {
            "status": self.status, "filled": self.filled, "quantity": self.quantity, "price": self.price,
            "time_in_force": self.time_in_force, "type": self.kind, "side": self.side, "trader": self.trader,
            "at": written(self.at), "id": self.number,
        }


def written(microseconds):
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=microseconds)
    return moment.isoformat(timespec="microseconds") + "Z"


class Side:
    """Orders that wait, the best price first. Prices are kept negated for those who buy."""

    def __init__(self, sign):
        self.sign = sign
        self.keys = []
        self.levels = {}

    def add(self, order):
        key = self.sign * order.price
        if key not in self.levels:
            bisect.insort(self.keys, key)
            self.levels[key] = []
        self.levels[key].append(order)

    def remove(self, order):
        key = self.sign * order.price
        self.levels[key].remove(order)
        if not self.levels[key]:
            del self.levels[key]
            del self.keys[bisect.bisect_left(self.keys, key)]

    def depth(self, price):
        return sum(order.rest() for order in self.levels.get(self.sign * price, ()))

    def all(self):
        return [(self.sign * key, sum(order.rest() for order in self.levels[key])) for key in self.keys]

    def in_line(self, limit):
        """Those who would trade at this limit, in their order."""
        end = len(self.keys) if limit is None else bisect.bisect_right(self.keys, self.sign * limit)
        return [order for key in self.keys[:end] for order in self.levels[key]]


class Engine:
    """What follows from commands, and from nothing else."""

    def __init__(self):
        self.orders, self.trades = [], []
        self.sides = {"buy": Side(-1), "sell": Side(1)}
        self.sequence = 0

    def find(self, number):
        return self.orders[number - 1] if 0 < number <= len(self.orders) else None

    def run(self, words):
        """Carries a command out: the order, its trades, and what is to be told of the book."""
        if words[0] == "cancel":
            order = self.find(int(words[1]))
            self.withdraw(order)
            return order, [], self.delta({(order.side, order.price)}, [])
        at, trader, side, kind, quantity, price, time_in_force = words[1:]
        price = None if price == "any" else int(price)
        order = Order(len(self.orders) + 1, int(at), trader, side, kind, int(quantity), price, time_in_force)
        self.orders.append(order)
        trades, touched = self.match(order)
        if order.rest() == 0:
            order.status = "filled"
        elif time_in_force == "gtc":
            self.sides[side].add(order)
            touched.add((side, price))
        else:
            order.status = "cancelled"
        return order, trades, self.delta(touched, trades)

    def match(self, taker):
        other = self.sides["sell" if taker.side == "buy" else "buy"]
        line = other.in_line(taker.price)
        possible = sum(maker.rest() for maker in line if maker.trader != taker.trader)
        trades, touched = [], set()
        if taker.time_in_force == "fok" and possible < taker.quantity:
            return trades, touched
        for maker in line:
            if taker.rest() == 0:
                break
            touched.add((maker.side, maker.price))
            if maker.trader == taker.trader:
                self.withdraw(maker)
                continue
            quantity = min(maker.rest(), taker.rest())
            maker.filled += quantity
            taker.filled += quantity
            if maker.rest() == 0:
                maker.status = "filled"
                other.remove(maker)
            trades.append({
                "at": written(taker.at), "taker": taker.number, "maker": maker.number, "quantity": quantity,
                "price": maker.price, "id": len(self.trades) + 1,
            })
            self.trades.append(trades[-1])
        return trades, touched

    def withdraw(self, order):
        self.sides[order.side].remove(order)
        order.status = "cancelled"

    def delta(self, touched, trades):
        if not touched:
            return None
        self.sequence += 1
        changes = [
            {"quantity": self.sides[side].depth(price), "price": price, "side": side} for side, price in sorted(touched)
        ]
        return {"trades": trades, "changes": changes, "sequence": self.sequence, "type": "delta"}

    def book(self):
        return {"asks": self.sides["sell"].all(), "bids": self.sides["buy"].all(), "sequence": self.sequence}


class Damaged(Exception):
    pass


class Journal:
    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self.path = Path(folder) / "commands.log"
        self.file = open(self.path, "a+b", buffering=0)

    def replay(self, engine):
        self.file.seek(0)
        text = self.file.read()
        whole = text.rfind(b"\n") + 1
        for number, line in enumerate(text[:whole].split(b"\n")[:-1], 1):
            try:
                sum_, _, words = line.partition(b" ")
                if int(sum_, 16) != zlib.crc32(words):
                    raise ValueError("its checksum does not fit")
                engine.run(words.decode().split(" "))
            except (ValueError, AttributeError, KeyError) as error:
                raise Damaged(f"line {number} of {self.path} is damaged: {error}; restore it, or take another --data-dir")
        if whole < len(text):
            self.file.truncate(whole)

    def write(self, commands):
        text = b"".join(b"%08x %s\n" % (zlib.crc32(words), words) for words in (" ".join(it).encode() for it in commands))
        while text:
            text = text[self.file.write(text) :]
        os.fdatasync(self.file.fileno())


def now():
    return str(time.time_ns() // 1000)
