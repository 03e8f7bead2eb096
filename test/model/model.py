"""A market as its documents describe it, in dictionaries and whole numbers.

Every call of the market is a method of the same name and arguments. It returns
the row that the market must answer with (explain: rows), or raises Refused with
the SQLSTATE, before it has changed anything. A thing in the row that has no id
yet is new: the server's answer gives it one, see answer.py.

To add a call, add the method to the file of its noun, a step to steps.py and,
where it keeps something new, a section to compare.py.
"""

import datetime

from adjustments import Adjustments
from bulk import Bulk
from campaigns import DAY, Campaigns
from changes import Changes
from debts import Debts
from delivery import Delivery
from fees import Fees
from goods import Goods
from history import History
from holds import Holds
from liabilities import Liabilities
from limits import Limits
from money import Money
from orders import Orders
from payouts import Payouts
from periods import Periods
from people import People
from placing import Placing
from sellers import Sellers
from settlements import Settlements
from stock import Stock
from subsidies import Subsidies
from tax import Tax
from things import Refused, need_text


# Calls that answer with any number of rows.
ROWS = ("explain", "order_parts", "place_orders", "preview_settlement", "trial_balance_at", "turnover", "compute_bonuses", "charge_traffic")


class Model(Tax, Periods, History, Subsidies, Fees, Payouts, Holds, Debts, Adjustments, Liabilities, Settlements, Money, People, Goods, Sellers, Campaigns, Limits, Stock, Placing, Bulk, Orders, Changes, Delivery):
    max_levels = 2
    max_code_failures = 6

    def __init__(self):
        self.requests = {}  # (kind, key): arguments and result of a call that was made under a key
        self.ids = set()  # kind and id of everything that the market has told of
        self.clock = 0
        super().__init__()

    def day(self):
        return self.day_at(self.clock)

    def day_at(self, clock):
        return self.first_day + datetime.timedelta(clock // DAY)

    def pass_days(self, days):
        self.clock += days * DAY
        return [None]

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
