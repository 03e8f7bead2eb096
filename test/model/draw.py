"""Random choices: values that fit, values that do not, calls made once more."""

import split
from answer import Call
from campaigns import CLOSES, FUTURE, PASSED, PAST
from things import Account, Campaign, Code, Community, Item, Line, Member, Offer, Order, Payout, Point, Settlement, Sku, Thing, Unknown, Wave

REPEATED = ("place_order", "place_order", "pay_order", "change_order", "refund_order", "create_campaign", "list_item", "make_payout")
KEYS = ("request", "reference")
NUMBERS = [-1, 0, 1, 2, 10**6 + 1, 10**12 + 1, 2**63 - 1]
SMALL_NUMBERS = {"at_most": [-1, 0, 1, 1_000_001], "capacity": [-1, 0, 1, 1_000_000_001], "households": [-1, 0, 100_000_001]}
WORDS = {
    "closes_at": ["infinity", PAST, FUTURE, CLOSES],
    "opens_at": [PAST, FUTURE],
    "hold": ["-1 day", "2 years", "0"],
    "older_than": ["-1 second", "1 day"],
    "unfetched_after": ["1 day", "0"],
    "until": [PAST, "infinity"],
    "delivery_on": ["infinity", "2098-01-01"],
    "reason": ["rotten"],
    "tier": ["gold", "silver", "x" * 257, ""],
    "kind": ["ordinary", "presale", "flash", "interest", "lottery"],
    "balance_due_at": ["infinity", PASSED, FUTURE],
    "minimum_of": ["units", "amount", "buyers", "hearts"],
    "capacity_of": ["orders", "units", "trucks"],
    "scope": ["buyer", "household", "point", "seller", "everybody"],
    "channel": ["group", "moments", "pigeon"],
    "note": ["", "ring twice", "x" * 2001],
}
BAD_RULES = [
    split.BadRule("supplier", "22P02"),
    split.BadRule("supplier cost, platform 60% of sale, steward 60% of sale, supply_leader rest", "22023"),
    split.BadRule("supplier cost, carrier 5% of sale, supply_leader rest", "KT202"),
    split.BadRule("supplier cost, supply_leader 90% of margin, sales_leader 10% of margin", "KT203"),
    split.BadRule("supplier cost, sales_leader rest", "KT203"),
    split.BadRule("supplier cost, sales_leader ladder(0: 10%, 10000: 15%) of sale, supply_leader rest", "KT204"),
]
MISTYPED = ["", "hello", "0000-000", "'; DROP TABLE orders; --"]


TIERS = ["gold", "silver"]
HOUSEHOLDS = [bytes([n] * 8) for n in range(0, 255, 60)] + [b"a hash of thirty-two bytes is one"]


class Draw:
    """One random run: what it has called, and what it may call next."""

    def __init__(self, rng, model):
        self.rng = rng
        self.model = model
        self.history = []
        self.waiting = []  # calls that are to follow
        self.serial = 0

    def chance(self, part):
        return self.rng.random() < part

    def one(self, things):
        """Any of them, mostly one of the latest; NULL when there is none."""
        things = things if isinstance(things, list) else list(things)
        if not things:
            return None
        return self.rng.choice(things[-14:] if self.chance(0.7) else things)

    def find(self, things, fits):
        """One that fits, sometimes one that may not; NULL when there is none."""
        if not things or self.chance(0.04):
            return self.one(things)
        for _ in range(8):
            thing = self.one(things)
            if fits(thing):
                return thing
        fitting = [thing for thing in things if fits(thing)]
        return self.rng.choice(fitting) if fitting else None

    def number(self, low, high):
        return self.rng.randint(low, high)

    def key(self, word):
        self.serial += 1
        return f"{word} {self.serial}"

    def location(self):
        """Near a point, between two, or far from all."""
        points = self.model.points
        if not points or self.chance(0.06):
            return (10.0, 10.0)
        (x, y), (u, v) = self.one(points).location, self.one(points).location
        part = self.rng.choice([0.02, 0.1, 0.25, 0.45])
        return (round(x + part * (u - x) + 0.0004, 4), round(y + part * (v - y), 4))

    def rule(self):
        """Some percentages, some amounts, bounds here and there, always a rest."""
        clauses = [("supplier", ("cost",) if self.chance(0.8) else ("rate", "sale", 555_000, None, None))]
        rest = self.rng.choice(["platform", "supply_leader"])
        for party in ("platform", "steward", "sales_leader", "supply_leader"):
            if party == rest:
                clauses.append((party, ("rest",)))
            elif self.chance(0.85):
                clauses.append((party, self.term()))
        return split.Rule(*clauses)

    def term(self):
        low = self.number(0, 5)
        return self.rng.choice([
            ("unit", self.number(0, 20)), ("order", self.number(0, 30)),
            ("rate", "cost", self.number(0, 50_000), None, None),
            ("rate", "margin", self.number(0, 300) * 1000, low, low + self.number(0, 300)),
            ("rate", "margin", self.number(0, 333_333), None, None),
            ("rate", "sale", self.number(0, 90) * 1000, None, None), ("rate", "sale", 150_000, None, None)])

    def things_like(self, thing):
        """Others of its kind."""
        model = self.model
        pools = {Member: model.members, Community: model.communities, Offer: model.all_offers, Point: model.points, Sku: model.skus, Wave: model.waves,
                 Campaign: model.campaigns, Item: model.items, Order: model.orders, Settlement: model.settlements,
                 Payout: model.payouts, Account: list(model.accounts.values())}
        return pools.get(type(thing), [])

    def wrong(self, name, value):
        """Another value for an argument, most likely one that does not fit."""
        if self.chance(0.2):
            return None
        if name in WORDS:
            return self.rng.choice(WORDS[name])
        if isinstance(value, bool):
            return not value
        if isinstance(value, Line):
            return self.one(self.model.lines) if self.chance(0.6) else "nobody's"
        if isinstance(value, Thing):
            return self.one(self.things_like(value)) if self.chance(0.6) else Unknown(10**9 + self.number(0, 3))
        if isinstance(value, int):
            return self.rng.choice(SMALL_NUMBERS.get(name) or [value - 1, min(value + 1, NUMBERS[-1]), *NUMBERS])
        if isinstance(value, list):
            return self.wrong_list(value)
        if isinstance(value, dict):
            return self.spoil(value)
        if isinstance(value, split.Rule):
            return self.rng.choice(BAD_RULES)
        if isinstance(value, Code):
            return self.rng.choice(MISTYPED)
        if isinstance(value, bytes):
            return self.rng.choice([b"short", b"x" * 65, *HOUSEHOLDS])
        if isinstance(value, str):
            return self.rng.choice(["", "x" * 129, "x" * 257, "x" * 513, self.used_key()])
        return None

    def wrong_list(self, value):
        way = self.rng.choice(["nothing", "many", "less", "null", "twice", "other"])
        if way == "nothing" or not value:
            return []
        if way == "many":
            return value * 3 if isinstance(value[0], dict) else (value * 1001)[:1001]
        if way == "less":
            return value[:-1]
        if way == "null":
            return [None] + value[1:]
        if way == "twice":
            return value + value[:1]
        return [self.wrong("element", element) for element in value]

    def used_key(self):
        """A key of an earlier call."""
        keys = [value for call in self.history[-60:] for name, value in call.arguments.items() if name in KEYS]
        return self.rng.choice(keys or [""])

    def spoil(self, arguments, keep=()):
        """Change one argument, but none to keep."""
        given = [name for name, value in arguments.items() if value is not None and name not in keep] or list(arguments)
        if not given:
            return arguments
        name = self.rng.choice(given)
        changed = {**arguments, name: self.wrong(name, arguments[name])}
        if "items" in changed and name in ("items", "units") and self.chance(0.4):
            changed["units"] = [self.number(1, 3) for _ in changed["items"] or []]
        return changed

    def next(self, steps, weights):
        """The next call."""
        if self.waiting:
            return self.called(*self.waiting.pop(0))
        if self.chance(0.07):
            again = self.one(self.history)
            return self.called(again.name, again.arguments)
        if self.chance(0.04):
            name = self.rng.choice(REPEATED)
            again = self.one([call for call in self.history[-400:] if call.name == name])
            if again:
                return self.called(name, self.spoil(again.arguments, KEYS))
        call = None
        while not call:
            call = self.rng.choices(steps, weights)[0](self)
        name, arguments = call
        return self.called(name, self.spoil(arguments) if self.chance(0.12) else arguments)

    def later(self, name, arguments):
        self.waiting.append((name, arguments))

    def called(self, name, arguments):
        self.history.append(Call(name, arguments))
        return self.history[-1]
