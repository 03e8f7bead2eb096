"""Stock: of items, and what is counted besides; the capacity of campaigns."""

from things import Quota, Refused, need, within

MOST_UNITS = 10**12


class Stock:
    def __init__(self):
        super().__init__()
        self.quotas = []  # in the order in which they were made

    def set_capacity(self, campaign, capacity, capacity_of="orders"):
        self.need_draft(campaign)
        within(need(capacity), 1, MOST_UNITS)
        if need(capacity_of) not in ("orders", "units"):
            raise Refused("22023")
        if campaign.capacity is None:
            campaign.capacity = Quota(campaign=campaign)
            self.quotas.append(campaign.capacity)
        campaign.capacity.units = campaign.capacity.free = capacity
        campaign.capacity.of = capacity_of
        return [""]

    def draws(self, order):
        """What an order takes: of which stock, how many units, and the item to name where there are too few."""
        for quota in reversed(self.quotas):
            units, item = self.drawn(quota, order)
            if units > 0:
                yield quota, units, item
        for item in sorted(order.basket, key=lambda item: item.id):
            if item.stock is not None:
                yield item, order.basket[item][0], item

    def drawn(self, quota, order):
        if quota is order.campaign.capacity:
            return (1 if quota.of == "orders" else sum(units for units, _ in order.basket.values())), None
        return 0, None

    def lacking(self, order):
        """The outcome and item of what there is too little of."""
        for stock, units, item in self.draws(order):
            if stock.free < units:
                return ("filled" if item is None else "sold_out"), item
        return None

    def draw_stock(self, order, sign):
        for stock, units, _ in self.draws(order):
            stock.free -= sign * units
