"""Limits: how many units a buyer, a household, a point or a seller may have."""

import hashlib

from things import Campaign, Item, Limit, Refused, need, within

MOST_UNITS = 10**12

# Whose units a limit adds up, from the order that is placed.
SCOPES = {
    "buyer": lambda order: order.buyer,
    "household": lambda order: order.household,
    "point": lambda order: order.first_point,
    "seller": lambda order: order.chain[-1],
}


class Limits:
    def __init__(self):
        super().__init__()
        self.limits = {}  # (campaign, item or None, scope, per day): limit, in the order in which they were made
        self.used = {}  # (limit, whose): units; a run lasts less than a local day

    def put_limit(self, campaign, item, scope, per_day, units):
        """In place of the same limit before."""
        limit = self.limits.setdefault((campaign, item, scope, per_day), Limit(item=item, scope=scope, per_day=per_day))
        limit.units = units
        return limit

    def set_limit(self, campaign, units, scope="buyer", item=None, per_day=False):
        if need(campaign, Campaign).state != "draft":
            raise Refused("KT301")
        within(need(units), 1, MOST_UNITS)
        need(per_day)
        if need(scope) not in SCOPES:
            raise Refused("22023")
        if item is not None and (not isinstance(item, Item) or item.campaign is not campaign):
            raise Refused("KT303")
        return [self.put_limit(campaign, item, scope, per_day, units)]

    def buyer_limit(self, item):
        limit = self.limits.get((item.campaign, item, "buyer", False))
        return limit and limit.units

    def counted(self, order):
        """Limits that an order counts against, the oldest first, with whose and how many units."""
        for (campaign, item, scope, _), limit in self.limits.items():
            units = sum(count for each, (count, _) in order.basket.items() if item in (None, each))
            if campaign is order.campaign and units > 0:
                yield limit, SCOPES[scope](order), units

    def over_limit(self, order):
        """The first limit that an order would exceed."""
        for limit, whose, units in self.counted(order):
            if whose is None:
                raise Refused("22004")
            if self.used.get((limit, whose), 0) + units > limit.units:
                return limit
        return None

    def count_limits(self, order, sign):
        for limit, whose, units in self.counted(order):
            self.used[limit, whose] = self.used.get((limit, whose), 0) + sign * units


def household_number(household):
    """As orders keep it: 64 bits, of the hash of what is longer."""
    if household is None:
        return None
    eight = household if len(household) == 8 else hashlib.blake2b(household, digest_size=32).digest()[:8]
    return int.from_bytes(eight, "big", signed=True)
