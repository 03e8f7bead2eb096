"""What the model is made of: things that the market gives an id, and refusals.

A thing is known by its object. Its id comes from the server's answer, so calls
and expectations name objects, and no rule of the model rests on a number.
"""


class Refused(Exception):
    """The call ends with this SQLSTATE, and nothing has changed.

    There are other codes where the server's plan decides which of two faults is
    found first, or whether one is (00000).
    """

    def __init__(self, *codes):
        super().__init__(*codes)
        self.codes = codes


class Thing:
    """Plain attributes; id and name are set when the server has answered."""

    letter = ""

    def __init__(self, **fields):
        self.id = None
        self.name = None
        self.__dict__.update(fields)


class Member(Thing):
    letter = "member"


class Community(Thing):
    letter = "community"


class Stewardship(Thing):
    letter = "stewardship"


class Partnership(Thing):
    letter = "partnership"


class Point(Thing):
    letter = "point"


class Sku(Thing):
    letter = "sku"


class Offer(Thing):
    letter = "offer"


class Tier(Thing):
    letter = "tier"


class Rate(Thing):
    letter = "rate"


class Wave(Thing):
    letter = "wave"


class Campaign(Thing):
    letter = "campaign"


class Item(Thing):
    letter = "item"


class Quota(Thing):
    letter = "quota"


class Limit(Thing):
    letter = "limit"


class Order(Thing):
    letter = "order"


class Refund(Thing):
    letter = "refund"


class Settlement(Thing):
    letter = "settlement"


class Payout(Thing):
    letter = "payout"


class Line(Thing):
    """A transfer, known by its payout and member; its id is its key, learned when states are compared."""


class Account(Thing):
    """Its id is learned when states are compared; its place says which is older."""


class Change(Thing):
    """Of the lines of an order, named by its order and number; its id is learned when states are compared."""


class Journal(Thing):
    """Named by kind and reference, as no call returns its id."""


class Unknown:
    """An id that nobody has."""

    def __init__(self, number):
        self.id = number

    def __eq__(self, other):
        return isinstance(other, Unknown) and other.id == self.id

    def __hash__(self):
        return hash(self.id)


class Code:
    """A pickup code of an order; the latest is the one that counts."""

    def __init__(self, order):
        self.order = order
        self.text = None
        self.number = len(order.codes)
        order.codes.append(self)


def need(value, kind=object):
    """The value, or 22004 for NULL and KT303 for what does not exist."""
    if value is None:
        raise Refused("22004")
    if not isinstance(value, kind):
        raise Refused("KT303")
    return value


def within(value, low, high):
    """NULL passes."""
    if value is not None and not low <= value <= high:
        raise Refused("22023")


def need_text(value, most=256):
    if len(need(value).encode()) not in range(1, most + 1):
        raise Refused("22023")
    return value
