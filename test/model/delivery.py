"""Waves from open to dispatched; parcels at the points, codes, completion."""

import split
from things import Code, Order, Point, Refused, Wave, need, need_text


class Delivery:
    def __init__(self):
        super().__init__()
        self.waves = []

    def open_wave(self, reference, delivery_on=None):
        if delivery_on == "infinity":
            raise Refused("22023")
        need_text(reference)
        for wave in self.waves:
            if wave.reference == reference:
                if wave.delivery_on != delivery_on:
                    raise Refused("KT010")
                return [wave]
        self.waves.append(Wave(reference=reference, delivery_on=delivery_on, state="open", lists={}))
        return [self.waves[-1]]

    def orders_of(self, wave, *states):
        return [order for order in self.orders if order.campaign.wave is wave and order.state in states]

    def close_wave(self, wave):
        if need(wave, Wave).state != "open":
            return [0]
        wave.state = "closed"
        closed = [campaign for campaign in self.campaigns if campaign.wave is wave and campaign.state in ("draft", "open")]
        for campaign in closed:
            self.move(campaign, *(("closed", "cut-off of the wave") if campaign.state == "open" else ("cancelled", "never published")))
        return [len(closed)]

    def freeze_wave(self, wave):
        if need(wave, Wave).state == "open":
            raise Refused("KT301")
        expired = 0
        if wave.state == "closed":
            for campaign in self.campaigns:
                if campaign.wave is wave:
                    self.await_balances(campaign)
            wave.state = "frozen"
            expired = self.end(self.orders_of(wave, "placed"), "expired")
            for campaign in self.campaigns:
                if campaign.wave is wave and campaign.state == "closed":
                    self.conclude_campaign(campaign)
            for order in self.orders_of(wave, "paid"):
                count, basket = wave.lists.get(("delivery", order.point), (0, {}))
                left = split.basket_less(order.basket, order.refunded)
                wave.lists["delivery", order.point] = (count + 1, split.basket_sum(basket, left))
            total = split.basket_sum(*[basket for _, basket in wave.lists.values()])
            for item, (units, _) in total.items():
                if units > 0:
                    key = ("demand", item.sku.supplier)
                    basket = wave.lists.get(key, (0, {}))[1]
                    wave.lists[key] = (0, split.basket_sum(basket, {item: (units, units * item.supply)}))
        listed = [(count, basket) for (kind, _), (count, basket) in wave.lists.items() if kind == "delivery"]
        lines = [line for _, basket in listed for line in basket.values()]
        return [sum(count for count, _ in listed), sum(units for units, _ in lines), sum(amount for _, amount in lines), expired]

    def dispatch_wave(self, wave):
        if need(wave, Wave).state not in ("frozen", "dispatched"):
            raise Refused("KT301")
        wave.state = "dispatched"
        return [""]

    def need_dispatched(self, wave):
        if need(wave, Wave).state != "dispatched":
            raise Refused("KT301")

    def arrive(self, wave, point):
        self.need_dispatched(wave)
        if point is None:
            raise Refused("22004", "00000")
        come = [order for order in self.orders_of(wave, "paid") if order.point is point]
        for order in come:
            order.state = "arrived"
            order.parcel = {"point": point, "by": None}
        return [len(come)]

    def need_steward(self, point, steward):
        need(point)
        need(steward)
        stands = self.steward_of(point) if isinstance(point, Point) else None
        if stands is None or stands.member is not steward:
            raise Refused("42501")

    def hand_parcel(self, order, how):
        """To the buyer, unless everything was paid back; one that was completed unfetched stays completed."""
        if order.refunded == order.basket:
            return "refunded"
        if order.state == "arrived":
            order.state = "picked_up"
        order.parcel["by"] = how
        return "picked_up"

    def vouch_for(self, campaign, order_id, steward, how):
        need(campaign)
        need(order_id)
        if not isinstance(order_id, Order) or order_id.campaign is not campaign or order_id.parcel is None:
            raise Refused("KT301")
        if how == "steward":
            self.need_steward(order_id.parcel["point"], steward)
        if order_id.parcel["by"] is not None:
            return ["already_picked_up"]
        return [self.hand_parcel(order_id, how)]

    def hand_over(self, campaign, order_id, steward):
        need(steward)
        return self.vouch_for(campaign, order_id, steward, "steward")

    def hand_over_as_operator(self, campaign, order_id):
        return self.vouch_for(campaign, order_id, None, "operator")

    def pick_up(self, point, code, steward):
        """A code is that of an order, or a text that is none."""
        need(code)
        self.need_steward(point, steward)
        if not isinstance(code, Code):
            return ["mistyped", None, None]
        if point.failures >= self.max_code_failures:
            return ["locked", None, None]
        order = code.order
        if order.codes[-1] is code and order.parcel is not None and order.parcel["point"] is point:
            outcome = "already_picked_up" if order.parcel["by"] else self.hand_parcel(order, "code")
            return [outcome, order.campaign, order]
        point.failures += 1
        return ["invalid_code", None, None]

    def renew_code(self, campaign, order_id):
        order = self.need_order(campaign, order_id)
        if order.state not in ("placed", "paid", "arrived"):
            raise Refused("KT301")
        return [Code(order)]

    def complete_wave(self, wave, unfetched_after=None):
        """Only ages that every parcel has reached, or none."""
        self.need_dispatched(wave)
        states = ["picked_up"] + (["arrived"] if unfetched_after == "0" else [])
        done = self.orders_of(wave, *states)
        for order in done:
            order.state = "completed"
            order.due = self.clock + order.campaign.hold
            for refund in order.refunds:
                refund.due = order.due
            self.pending += [order, *order.refunds]
        return [len(done)]
