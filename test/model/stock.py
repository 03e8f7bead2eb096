"""Stock: of items, and what is counted besides: pools, parts of communities, capacities of campaigns."""

from things import Community, Item, Quota, Refused, Sku, need, need_text, within

MOST_UNITS = 10**12


class Stock:
    def __init__(self):
        super().__init__()
        self.quotas = []  # in the order in which they were made

    def new_quota(self, units=0, campaign=None, item=None, community=None, sku=None, reference=None):
        self.quotas.append(Quota(campaign=campaign, item=item, community=community, sku=sku, reference=reference, units=units, free=units))
        return self.quotas[-1]

    def create_pool(self, sku, reference, units):
        need_text(reference)
        within(need(units), 0, MOST_UNITS)
        need(sku, Sku)
        same = [quota for quota in self.quotas if (quota.sku, quota.reference) == (sku, reference)]
        return [same[0] if same else self.new_quota(units, sku=sku, reference=reference)]

    def share_out(self, campaign, item, community, units):
        self.need_draft(campaign)
        within(need(units), 0, MOST_UNITS)
        if item is None or community is None:
            raise Refused("22004", "KT303")
        if not isinstance(item, Item) or item.campaign is not campaign or not isinstance(community, Community):
            raise Refused("KT303")
        for quota in self.quotas:
            if (quota.item, quota.community) == (item, community):
                if quota.units != units:
                    raise Refused("KT010")
                return [quota]
        return [self.new_quota(units, campaign=campaign, item=item, community=community)]

    def restock(self, units, campaign=None, item=None, quota=None):
        """Of an item or a quota in its campaign, of a pool without one."""
        within(need(units), -MOST_UNITS, MOST_UNITS)
        if (item is None) == (quota is None) or (item is not None and campaign is None):
            raise Refused("22004")
        stock = item or quota
        known = isinstance(stock, Item) and stock.stock is not None if item else isinstance(stock, Quota)
        if not known or stock.campaign is not campaign:
            raise Refused("KT303")
        if stock.free + units < 0 and units < 0:
            raise Refused("KT301")
        stock.free += units
        if item:
            stock.stock += units
            return [stock.stock]
        stock.units += units
        return [stock.units]

    def set_capacity(self, campaign, capacity, capacity_of="orders"):
        self.need_draft(campaign)
        within(need(capacity), 1, MOST_UNITS)
        if need(capacity_of) not in ("orders", "units"):
            raise Refused("22023")
        if campaign.capacity is None:
            campaign.capacity = self.new_quota(campaign=campaign)
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
        lines = [item for item in order.basket if item.pool is quota or (
            item is quota.item and quota.community is order.first_point.community)]
        return sum(order.basket[item][0] for item in lines), min(lines, key=lambda item: item.id, default=None)

    def lacking(self, order):
        """The outcome and item of what there is too little of."""
        for stock, units, item in self.draws(order):
            if stock.free < units:
                return ("filled" if item is None else "sold_out"), item
        return None

    def draw_stock(self, order, sign):
        for stock, units, _ in self.draws(order):
            stock.free -= sign * units
