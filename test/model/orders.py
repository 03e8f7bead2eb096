"""Orders from placed to paid, cancelled, expired or refunded."""

import split
from campaigns import PASSED
from things import Order, Refund, Refused, need, need_text

HIGHEST_PAYMENT = 10**15

TAKES_MONEY = ("paid", "arrived", "picked_up", "completed")  # what can be refunded


class Orders:
    def __init__(self):
        super().__init__()
        self.orders = []
        self.refunds = []
        self.payments = {}  # the channel's number: order, amount, accepted, outcome

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
        unpaid = [order for order in self.orders if order.state == "placed" and older_than == "0" and not self.waits_for_balance(order)]
        unpaid.sort(key=lambda order: (order.campaign.id, order.id))
        return [self.end(unpaid[:at_most], "expired")]

    def waits_for_balance(self, order):
        """Its deposit is paid, and the balance is not due yet."""
        return order.deposit is not None and order.received >= order.deposit and order.campaign.balance_due_at != PASSED

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


