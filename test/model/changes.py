"""An order that gets other lines, and what everybody gets of it."""

import split
from things import Change, Order, Refused, need


class Changes:
    def change_order(self, campaign, order_id, items, units, request):
        arguments = (campaign, order_id, items and tuple(items), units and tuple(units))
        first = self.claim("change_order", request, arguments)
        if first is not None:
            return first
        order = self.need_order(campaign, order_id)
        row = self.try_to_change(order, items, units)
        self.finish("change_order", request, row)
        return row

    def try_to_change(self, order, items, units):
        if order.state not in ("placed", "paid"):
            return [order.state, None, None, None]
        if order.campaign.state != "open":
            return ["closed", None, None, None]
        if order.refunded:
            return ["refunded", None, None, None]
        self.check_lines(items, units)
        # It is given back and placed anew; where that fails it holds what it held.
        self.hold(order, -1)
        try:
            new = self.new_order(order.campaign, order.buyer, order.chain[-1], order.point, None, None)
            new.household = order.household
            outcome, item = self.try_to_place(new, items, units)
        except Refused:
            outcome = "error"
            raise
        finally:
            if outcome != "placed":
                self.hold(order, 1)
        if outcome != "placed":
            return [outcome, None, None, item]
        back = max(order.received - new.amount, 0)
        change = Change(order=order, number=len(order.changes), was=order.basket, became=new.basket, back=back)
        order.changes.append(change)
        for name in ("basket", "line_shares", "left", "shares", "steward", "amount", "deposit"):
            setattr(order, name, getattr(new, name))
        order.received -= back
        order.paid = order.received == order.amount
        order.state = "paid" if order.paid else "placed"
        if back > 0:
            self.post("change", (order.campaign, order, change), {self.channel: back, self.clearing: -back}, order)
        return ["changed", order.amount, back, None]

    def order_parts(self, campaign, order_id):
        """Nothing for an order that there is not."""
        if not isinstance(order_id, Order) or order_id.campaign is not campaign:
            return []
        return self.parts_of(order_id)

    def parts_of(self, order):
        """Item, units, sale, party, member, amount and rule; who gets nothing is left out."""
        rows = []
        for item, (units, sale) in sorted(order.basket.items(), key=lambda line: line[0].id):
            rule = self.rule_of(item, order.chain)
            parts = split.divide(rule, sale, units * item.supply, units)
            payees = self.payees(rule, item, order.seller, order.steward)
            rest = next((n for n, (_, term) in enumerate(rule.clauses) if term == ("rest",)), None)
            for n, payee in enumerate(payees):
                if payee is None:
                    parts[rest] += parts[n]
                    parts[n] = 0
            rows += [[item, units, sale, party, payee.member, part, rule.text()]
                     for (party, _), payee, part in zip(rule.clauses, payees, parts) if part]
        return rows
