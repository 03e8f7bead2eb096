"""Orders from placed to paid, cancelled, expired or refunded; stock and places."""

import split
from limits import household_number
from things import Campaign, Code, Item, Member, Order, Point, Refund, Refused, need, need_text

MOST_LINES = 1000
MOST_UNITS = 1_000_000
HIGHEST_AMOUNT = 10**13
HIGHEST_PAYMENT = 10**15

CHANNELS = ("group", "moments", "account", "mini_programme", "other")

TAKES_MONEY = ("paid", "arrived", "picked_up", "completed")  # what can be refunded


class Orders:
    def __init__(self):
        super().__init__()
        self.orders = []
        self.refunds = []
        self.order_keys = {}  # (campaign, buyer, key): the order, or the refusal
        self.payments = {}  # the channel's number: order, amount, accepted, outcome
        self.loads = {}  # (wave, point): parcels, where the point has a capacity

    def place_order(self, campaign, buyer, items, units, request, seller=None, point=None, location=None, household=None, channel=None, note=None):
        if household is not None and len(household) not in range(8, 65):
            raise Refused("22023")
        if None in (campaign, buyer, items, units, request) or (point is None and location is None):
            raise Refused("22004")
        need_text(request, 128)
        if len(items) > MOST_LINES:
            raise Refused("54000")
        if not items or len(items) != len(units):
            raise Refused("22023")
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
        need(buyer, Member)
        if point is not None:
            need(point, Point)
        chain = (campaign.leader,)
        if seller is not None and seller is not campaign.leader:
            chain = self.sellers.get((campaign, seller))
            if chain is None:
                raise Refused("KT103")
        order = Order(campaign=campaign, buyer=buyer, chain=chain, request=request, location=location, point=point, first_point=point,
                      household=household_number(household), channel=channel, note=note,
                      first_seller=chain[-1], seller=self.account(chain[-1], "commission") if len(chain) > 1 else None,
                      state="placed", refunded={}, refunds=[], codes=[], paid=False, received=0, due=None, parcel=None)
        outcome, item = self.try_to_place(order, items, units)
        if outcome != "placed":
            self.order_keys[campaign, buyer, request] = {"arguments": arguments, "outcome": outcome, "item": item}
            return [outcome, None, None, None, None, item]
        self.order_keys[campaign, buyer, request] = order
        self.orders.append(order)
        return ["placed", order, order.amount, order.point, Code(order), None]

    def repeated(self, order, items, units, seller, point, location, household, channel, note):
        """The first outcome again, without the code, wherever the order is by now."""
        lines = {item: count for item, (count, _) in order.basket.items()}
        if None in items:
            raise Refused("KT010", "22004", "22023")
        if (dict(zip(items, units)) != lines or (seller or order.campaign.leader) is not order.first_seller
                or (point is not None and point is not order.first_point) or location != order.location
                or (household_number(household), channel, note) != (order.household, order.channel, order.note)):
            raise Refused("KT010")
        return ["placed", order, order.amount, order.point, None, None]

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
        lines = sorted(((item, count) for item, (count, _) in order.basket.items()), key=lambda line: line[0].id)
        limit = self.over_limit(order)
        if limit is not None:
            return "limit", limit.item
        for item, count in lines:
            if item.stock is not None and item.free < count:
                return "sold_out", item
        if named and not self.has_room(order.point, campaign.wave):
            return "full", None
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
            order.line_shares[item] = self.line_shares(item, count, order.seller, order.steward)
            order.basket[item] = (count, count * item.sale)
        if not sound:
            self.refuse_lines(order.campaign, items, units)
        order.left = dict(order.line_shares)
        order.shares = split.add(*order.line_shares.values())
        order.amount = sum(amount for _, amount in order.basket.values())
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
        for item, (count, _) in order.basket.items():
            if item.stock is not None:
                item.free -= sign * count
        if order.point.capacity is not None:
            key = (order.campaign.wave, order.point)
            self.loads[key] = self.loads.get(key, 0) + sign

    def need_order(self, campaign, order_id):
        need(campaign)
        if order_id is None and not any(order.campaign is campaign for order in self.orders):
            raise Refused("22004", "KT303")
        need(order_id)
        if not isinstance(order_id, Order) or order_id.campaign is not campaign:
            raise Refused("KT303")
        return order_id

    def pay_order(self, campaign, order_id, amount, reference):
        need_text(reference)
        if not 1 <= need(amount) <= HIGHEST_PAYMENT:
            raise Refused("22023")
        order = self.need_order(campaign, order_id)
        if reference in self.payments:
            if self.payments[reference][:2] != (order, amount):
                raise Refused("KT010")
            return [self.payments[reference][3]]
        accepted = 0
        if order.state in ("cancelled", "expired"):
            outcome = order.state
        elif order.state != "placed":
            outcome = "already_paid"
        else:
            owed = order.amount - order.received
            accepted = min(amount, owed)
            outcome = "part_paid" if amount < owed else "paid" if amount == owed else "overpaid"
            order.received += accepted
            if outcome != "part_paid":
                order.state = "paid"
                order.paid = True
        self.payments[reference] = (order, amount, accepted, outcome)
        self.post("payment", (reference,), {self.clearing: accepted, self.unmatched: amount - accepted, self.channel: -amount}, order)
        return [outcome]

    def cancel_order(self, campaign, order_id):
        order = self.need_order(campaign, order_id)
        if order.state not in ("placed", "paid"):
            return [order.state]
        if campaign.state != "open":
            return ["closed"]
        self.end([order], "cancelled")
        return ["cancelled"]

    def end(self, orders, state):
        """Before the lists are frozen: what an order holds and what was paid for it go back."""
        for order in orders:
            left = order.received - sum(amount for _, amount in order.refunded.values())
            if left > 0:
                self.post("cancellation", (order.campaign, order), {self.channel: left, self.clearing: -left})
            order.state = state
            self.hold(order, -1)
        return len(orders)

    def expire_orders(self, older_than, at_most):
        """Only ages that every order has reached, or none."""
        if need(older_than).startswith("-"):
            raise Refused("22023")
        if not 0 <= need(at_most) <= 1_000_000:
            raise Refused("22023")
        unpaid = [order for order in self.orders if order.state == "placed" and older_than == "0"]
        unpaid.sort(key=lambda order: (order.campaign.id, order.id))
        return [self.end(unpaid[:at_most], "expired")]

    def refund_order(self, campaign, order_id, item, units, request, amount=None, reason="unspecified"):
        first = self.claim("refund_order", request, (campaign, order_id, item, units, amount, reason))
        if first is not None:
            return [first]
        order = self.need_order(campaign, order_id)
        if order.state not in TAKES_MONEY:
            raise Refused("KT301")
        if need(item) not in order.basket:
            raise Refused("KT303")
        if need(units) < 0 or (amount is not None and amount < 0) or (units == 0 and not amount):
            raise Refused("22023")
        had_units, had_amount = order.basket[item]
        back_units, back_amount = order.refunded.get(item, (0, 0))
        back = amount
        if back is None:
            back = min(min(units, had_units) * item.sale, had_amount - back_amount)
        if units > had_units - back_units or back > had_amount - back_amount:
            raise Refused("KT401")
        need(reason)
        refund = Refund(order=order, item=item, units=units, amount=back, shares=split.reverse(order.left[item], back), due=None)
        if order.state == "completed":
            refund.due = max(self.clock, order.due)
            self.pending.append(refund)
        order.left[item] = split.add(order.left[item], split.negative(refund.shares))
        order.refunded = split.basket_sum(order.refunded, {item: (units, back)})
        if order.state != "completed" and order.refunded == order.basket:
            order.state = "refunded"
        order.refunds.append(refund)
        self.refunds.append(refund)
        if back > 0:
            self.post("refund", (campaign, refund), {self.channel: back, self.clearing: -back})
        self.finish("refund_order", request, refund)
        return [refund]


