"""What is in the house, and what has to be bought."""

import json
from dataclasses import dataclass, field


@dataclass
class Item:
    name: str
    amount: int
    wanted: int = 0
    price: int = 0  # cents

    def missing(self):
        return max(0, self.wanted - self.amount)


@dataclass
class Pantry:
    items: dict = field(default_factory=dict)
    log: list = field(default_factory=list)

    def add(self, name, amount, wanted=None, price=None):
        key = name.lower()
        item = self.items.get(key)
        if item is None:
            item = self.items[key] = Item(name, 0)
        item.amount += amount
        if wanted is not None:
            item.wanted = wanted
        if price is not None:
            item.price = price
        self.log.append(("add", key, amount))
        return item

    def take(self, name, amount=1):
        """How much there was of it, at most `amount`."""
        item = self.items.get(name.lower())
        if item is None or amount <= 0:
            return 0
        taken = min(amount, item.amount)
        item.amount -= taken
        self.log.append(("take", name.lower(), taken))
        return taken

    def undo(self):
        if not self.log:
            return False
        what, key, amount = self.log.pop()
        if what == "add":
            self.items[key].amount -= amount
        else:
            self.items[key].amount += amount
        return True

    def shopping_list(self, budget=None):
        """(name, count) of what is missing, the most missed first, as far as the money goes."""
        wanted = [item for item in self.items.values() if item.missing() > 0]
        wanted.sort(key=lambda item: (-item.missing(), item.name))
        result = []
        for item in wanted:
            count = item.missing()
            if budget is not None and item.price > 0:
                count = min(count, budget // item.price)
                budget -= count * item.price
            if count > 0:
                result.append((item.name, count))
        return result

    def value(self):
        return sum(item.amount * item.price for item in self.items.values())

    def to_json(self):
        rows = [[i.name, i.amount, i.wanted, i.price] for i in self.items.values()]
        return json.dumps(sorted(rows))

    @classmethod
    def from_json(cls, text):
        pantry = cls()
        for name, amount, wanted, price in json.loads(text):
            pantry.items[name.lower()] = Item(name, amount, wanted, price)
        return pantry
