"""Campaigns from draft to their end: closed, then succeeded or failed; or cancelled before that."""

from goods import holds
from things import Campaign, Member, Refused, Wave, need, need_text, within

HIGHEST_MINIMUM = 10**15

# Times are words: nothing that a test does lies between them.
PAST, FUTURE = "2000-01-01 00:00:00+00", "2099-01-01 00:00:00+00"
CLOSES = "2100-01-01 00:00:00+00"
PASSED, NOW = "2001-01-01 00:00:00+00", "2026-01-01 00:00:00+00"
HOLDS = {None: 0, "0": 0, "100 days": 10**9}  # in ticks of the model; the market's own hold is 0


class Campaigns:
    def __init__(self):
        super().__init__()
        self.campaigns = []

    def move(self, campaign, state, reason):
        campaign.state = state
        campaign.log.append((state, reason))

    def create_campaign(self, wave, supply_leader, reference, closes_at, opens_at=None, hold=None, kind="ordinary", owner=None,
                        balance_due_at=None):
        need_text(reference)
        first = self.claim("create_campaign", reference, (wave, supply_leader, closes_at, opens_at, hold, kind, owner, balance_due_at))
        if first is not None:
            return [first]
        need(supply_leader, Member)
        if hold not in HOLDS:
            raise Refused("22023")
        if need(closes_at) not in (FUTURE, CLOSES) or (opens_at == FUTURE and closes_at != CLOSES):
            raise Refused("22023")
        if need(kind) not in ("ordinary", "presale") or (balance_due_at is not None) != (kind == "presale"):
            raise Refused("22023")
        if balance_due_at is not None and (balance_due_at not in (PASSED, FUTURE, CLOSES) or balance_due_at <= (opens_at or NOW)):
            raise Refused("22023")
        if owner is not None and (supply_leader, owner) not in self.partners:
            raise Refused("KT103")
        if need(wave, Wave).state != "open":
            raise Refused("KT301")
        campaign = Campaign(wave=wave, leader=supply_leader, account=self.account(supply_leader, "commission"),
                            state=None, opens_later=opens_at == FUTURE, hold=HOLDS[hold],
                            items=[], log=[], minimum=None, minimum_of=None, kind=kind, owner=owner, balance_due_at=balance_due_at, capacity=None, numbered=[])
        self.campaigns.append(campaign)
        self.move(campaign, "draft", "created")
        if owner is not None:
            self.let_sell(campaign, (supply_leader, owner))
        self.finish("create_campaign", reference, campaign)
        return [campaign]

    def need_campaign(self, campaign):
        """One that still can change."""
        if need(campaign, Campaign).state not in ("draft", "open"):
            raise Refused("KT301")
        return campaign

    def need_draft(self, campaign):
        if need(campaign, Campaign).state != "draft":
            raise Refused("KT301")

    def set_minimum(self, campaign, minimum, minimum_of="units"):
        self.need_draft(campaign)
        within(minimum, 1, HIGHEST_MINIMUM)
        if minimum_of not in (None, "units", "amount", "buyers"):
            raise Refused("22023")
        campaign.minimum_of = None if minimum is None else need(minimum_of)
        campaign.minimum = minimum
        return [""]

    def publish_campaign(self, campaign):
        self.need_campaign(campaign)
        if campaign.state == "draft":
            if all(item.retired for item in campaign.items):
                raise Refused("KT301")
            if not all(holds(rule, item.supply, item.sale) for item in campaign.items if not item.retired
                       for rule in (item.rule, *item.special.values())):
                raise Refused("KT201")
            self.move(campaign, "open", "published")
        return [""]

    def close_campaign(self, campaign, reason="closed by hand"):
        if need(campaign, Campaign).state != "open":
            return [False]
        self.move(campaign, "closed", need(reason))
        return [True]

    def close_due_campaigns(self):
        """Those that are filled: no time of a run comes."""
        filled = [campaign for campaign in self.campaigns if campaign.state == "open" and campaign.capacity and campaign.capacity.free == 0]
        for campaign in filled:
            self.move(campaign, "closed", "filled")
        return [len(filled)]

    def orders_in(self, campaign, *states):
        return [order for order in self.orders if order.campaign is campaign and order.state in states]

    def reached(self, campaign):
        """What its paid orders come to, less what was refunded."""
        orders = [order for order in self.orders if order.campaign is campaign and order.state not in ("placed", "cancelled", "expired", "refunded")]
        if campaign.minimum_of == "buyers":
            return len({order.buyer for order in orders})
        which = 1 if campaign.minimum_of == "amount" else 0
        return sum(line[which] for order in orders for line in order.basket.values()) - sum(
            line[which] for order in orders for line in order.refunded.values())

    def conclude_campaign(self, campaign):
        if need(campaign, Campaign).state not in ("closed", "succeeded", "failed"):
            raise Refused("KT301")
        if campaign.state != "closed":
            return [campaign.state, self.reached(campaign), campaign.minimum, 0, 0]
        self.await_balances(campaign)
        self.end(self.orders_in(campaign, "placed"), "expired")
        reached, ended = self.reached(campaign), (0, 0)
        if campaign.minimum is not None and reached < campaign.minimum:
            ended = self.end_together(campaign, self.orders_in(campaign, "paid"))
            self.move(campaign, "failed", f"{reached} of {campaign.minimum} {campaign.minimum_of}")
        else:
            told = f"{reached} of {campaign.minimum} {campaign.minimum_of}"
            self.move(campaign, "succeeded", "no minimum" if campaign.minimum is None else told)
        return [campaign.state, reached, campaign.minimum, *ended]

    def await_balances(self, campaign):
        if any(self.waits_for_balance(order) for order in self.orders_in(campaign, "placed")):
            raise Refused("KT301")

    def cancel_campaign(self, campaign, reason):
        if need(campaign, Campaign).state not in ("draft", "open", "closed", "cancelled"):
            raise Refused("KT301")
        if campaign.state == "cancelled":
            return [0, 0]
        need_text(reason)
        ended = self.end_together(campaign, self.orders_in(campaign, "placed", "paid"))
        self.move(campaign, "cancelled", reason)
        return list(ended)

    def end_together(self, campaign, orders):
        """Every order is cancelled, and one journal pays all of it back: how many, and how much."""
        back = {order: order.received - sum(amount for _, amount in order.refunded.values()) for order in orders}
        for order in orders:
            order.state = "cancelled"
            self.hold(order, -1)
        total = sum(back.values())
        if total > 0:
            journal = self.post("campaign_cancellation", (campaign,), {self.channel: total, self.clearing: -total})
            journal.back = {order: amount for order, amount in back.items() if amount > 0}
        return len(orders), total

    def number_orders(self, campaign):
        """The next numbers for those that have none, in the order in which they were placed."""
        need(campaign, Campaign)
        campaign.numbered += [order for order in self.orders if order.campaign is campaign and order not in campaign.numbered]
        return [len(campaign.numbered)]
