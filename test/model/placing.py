"""Placing an order, or trying what would come of it: lines, shares, what it takes of limits, stock and places."""

import split
from limits import household_number
from things import Campaign, Code, Item, Member, Order, Point, Refused, need, need_text

MOST_LINES = 1000
MOST_UNITS = 1_000_000
HIGHEST_AMOUNT = 10**13

CHANNELS = ("group", "moments", "account", "mini_programme", "other")


class Placing:
    def __init__(self):
        super().__init__()
        self.order_keys = {}  # (campaign, buyer, key): the order, or the refusal
        self.loads = {}  # (wave, point): parcels, where the point has a capacity

    def place_order(self, campaign, buyer, items, units, request, seller=None, point=None, location=None, household=None, channel=None, note=None):
        self.check_arguments(campaign, buyer, items, units, request, point, location, household)
        if (channel is not None and channel not in CHANNELS) or (note is not None and len(note.encode()) > 2000):
            raise Refused("22023")
        need(campaign, Campaign)
        arguments = (tuple(items), tuple(units), seller, point, location, household, channel, note)
        first = self.order_keys.get((campaign, buyer, request))
        if isinstance(first, Order):
            return self.repeated(first, *arguments)
        if first is not None:
            if first["arguments"] != arguments:
                raise Refused("KT010")
            return [first["outcome"], None, None, None, None, first["item"]]
        order = self.new_order(campaign, buyer, seller, point, location, household)
        outcome, item = self.try_to_place(order, items, units)
        if outcome != "placed":
            self.order_keys[campaign, buyer, request] = {"arguments": arguments, "outcome": outcome, "item": item}
            return [outcome, None, None, None, None, item]
        order.request, order.channel, order.note = request, channel, note
        self.order_keys[campaign, buyer, request] = order
        self.orders.append(order)
        return ["placed", order, order.amount, order.point, Code(order), None]

    def check_arguments(self, campaign, buyer, items, units, request, point, location, household):
        if household is not None and len(household) not in range(8, 65):
            raise Refused("22023")
        if None in (campaign, buyer, items, units, request) or (point is None and location is None):
            raise Refused("22004")
        need_text(request, 128)
        self.check_lines(items, units)

    def check_lines(self, items, units):
        for array in (items, units):
            need(array)
        if len(items) > MOST_LINES:
            raise Refused("54000")
        if not items or len(items) != len(units):
            raise Refused("22023")

    def repeated(self, order, items, units, seller, point, location, household, channel, note):
        """The first outcome again, without the code, wherever the order is by now and whatever became of its lines."""
        lines = {item: count for item, (count, _) in order.first_basket.items()}
        if None in items:
            raise Refused("KT010", "22004", "22023")
        if (dict(zip(items, units)) != lines or not self.may_have_named(order, seller)
                or (point is not None and point is not order.first_point) or location != order.location
                or (household_number(household), channel, note) != (order.household, order.channel, order.note)):
            raise Refused("KT010")
        return ["placed", order, order.amount, order.point, None, None]

    def preview_order(self, campaign, buyer, items, units, seller=None, point=None, location=None, household=None):
        """What place_order would answer now; nothing is kept."""
        self.check_arguments(campaign, buyer, items, units, "preview", point, location, household)
        order = self.new_order(need(campaign, Campaign), buyer, seller, point, location, household)
        outcome, item = self.try_to_place(order, items, units)
        if outcome != "placed":
            return [outcome, None, None, None, item, None]
        self.hold(order, -1)
        parts = ", ".join(f'{{"item": {each.id}, "party": "{party}", "amount": {part}, "member": {member.id if member else "null"}}}'
                          for each, _, _, party, member, part, _ in self.parts_of(order))
        return [outcome, order.amount, order.deposit, order.point, None, f"[{parts}]"]

    def new_order(self, campaign, buyer, seller, point, location, household):
        need(buyer, Member)
        if point is not None:
            need(point, Point)
        chain = self.selling_chain(campaign, buyer, seller)
        return Order(campaign=campaign, buyer=buyer, chain=chain, location=location, point=point, first_point=point,
                     household=household_number(household), seller=self.account(chain[-1], "commission") if len(chain) > 1 else None, deposit=None,
                     state="placed", refunded={}, refunds=[], codes=[], changes=[], paid=False, received=0, due=None, parcel=None)

    def try_to_place(self, order, items, units):
        """Everything is taken or nothing: the outcome, and the item that stands in the way."""
        campaign = order.campaign
        if campaign.state not in ("draft", "open"):
            return "closed", None
        if campaign.state != "open" or campaign.opens_later:
            return "not_open", None
        if order.point is not None:
            if order.point.state != "open":
                return "point_closed", None
            if order.location is not None and not self.reaches(order.point, order.location):
                return "out_of_reach", None
        named = order.point is not None
        if not named:
            order.point = order.first_point = self.nearest(order.location, campaign.wave)
            if order.point is None:
                return ("full" if self.nearest(order.location) else "no_point"), None
        steward = self.steward_of(order.point)
        order.steward = steward.account if steward else None
        self.price(order, items, units)
        limit = self.over_limit(order)
        if limit is not None:
            return "limit", limit.item
        lacking = self.lacking(order)
        if lacking is not None:
            return lacking
        if named and not self.has_room(order.point, campaign.wave):
            return "full", None
        order.first_basket = order.basket
        self.hold(order, 1)
        return "placed", None

    def price(self, order, items, units):
        """Basket, shares and amount, or what is wrong with the lines."""
        order.basket, order.line_shares = {}, {}
        sound = True
        for item, count in zip(items, units):
            if not self.on_sale(order.campaign, item) or count is None or not 1 <= count <= MOST_UNITS or item in order.basket:
                sound = False
                continue
            order.line_shares[item] = self.line_shares(item, count, order.chain, order.seller, order.steward)
            order.basket[item] = (count, count * item.sale)
        if not sound:
            self.refuse_lines(order.campaign, items, units)
        order.left = dict(order.line_shares)
        order.shares = split.add(*order.line_shares.values())
        order.amount = sum(amount for _, amount in order.basket.values())
        if any(item.deposit is not None for item in order.basket):
            order.deposit = sum(count * (item.deposit or item.sale) for item, (count, _) in order.basket.items())
        if order.amount > HIGHEST_AMOUNT:
            raise Refused("22003")

    def on_sale(self, campaign, item):
        return isinstance(item, Item) and item.campaign is campaign and not item.retired

    def refuse_lines(self, campaign, items, units):
        """The first line that is wrong, by its first fault."""
        for item, count in zip(items, units):
            if item is None or count is None:
                raise Refused("22004")
            if not 1 <= count <= MOST_UNITS or items.count(item) > 1:
                raise Refused("22023")
            if not self.on_sale(campaign, item):
                raise Refused("KT303")

    def hold(self, order, sign):
        """Take, or give back, what an order holds: limits, stock, a place at the point."""
        self.count_limits(order, sign)
        self.draw_stock(order, sign)
        if order.point.capacity is not None:
            key = (order.campaign.wave, order.point)
            self.loads[key] = self.loads.get(key, 0) + sign
