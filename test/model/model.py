"""A market as its documents describe it, in dictionaries and whole numbers.

Every call of the market is a method of the same name and arguments. It returns
the row that the market must answer with (explain: rows), or raises Refused with
the SQLSTATE, before it has changed anything. A thing in the row that has no id
yet is new: the server's answer gives it one, see answer.py.

To add a call, add the method to the file of its noun, a step to steps.py and,
where it keeps something new, a section to compare.py.
"""

from bulk import Bulk
from campaigns import Campaigns
from changes import Changes
from delivery import Delivery
from goods import Goods
from limits import Limits
from money import Money
from orders import Orders
from payouts import Payouts
from people import People
from placing import Placing
from sellers import Sellers
from stock import Stock
from things import Refused, need_text


# Calls that answer with any number of rows.
ROWS = ("explain", "order_parts", "place_orders")


class Model(Payouts, Money, People, Goods, Sellers, Campaigns, Limits, Stock, Placing, Bulk, Orders, Changes, Delivery):
    max_levels = 2
    max_code_failures = 6

    def __init__(self):
        self.requests = {}  # (kind, key): arguments and result of a call that was made under a key
        self.ids = set()  # kind and id of everything that the market has told of
        self.clock = 0
        super().__init__()

    def claim(self, kind, key, arguments):
        """The first result under a key, None when it is new."""
        need_text(key, 512)
        first = self.requests.get((kind, key))
        if first is None:
            self.claimed = arguments
            return None
        if first[0] != arguments:
            raise Refused("KT010")
        return first[1]

    def finish(self, kind, key, result):
        self.requests[kind, key] = (self.claimed, result)

    def call(self, name, arguments):
        """The rows that must come back, or Refused."""
        self.clock += 1
        row = getattr(self, name)(**arguments)
        return row if name in ROWS else [row]
