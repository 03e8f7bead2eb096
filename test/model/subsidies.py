"""Subsidies: somebody else pays a part of an order, and gets his part of what goes back. From docs/fees.md."""

import split
from campaigns import CLOSES, FUTURE
from holds import MOST
from things import Member, OrderSubsidy, Refused, Subsidy, need, need_text, within
from times import ENDLESS, clock_of


class Subsidies:
    def __init__(self):
        super().__init__()
        self.subsidies = []
        self.subsidised = {}  # order: what a subsidy has paid of it
        self.subsidy = self.accounts[None, "subsidy"]

    def create_subsidy(self, reference, budget, payer=None, since=None, until=None):
        need_text(reference)
        first = self.claim("create_subsidy", reference, (budget, payer, since, until))
        if first is not None:
            return [first]
        within(need(budget), 1, MOST)
        if payer is not None:
            need(payer, Member)
        starts = self.clock if since is None else clock_of(since)
        ends = ENDLESS if until is None else clock_of(until)
        if "infinity" in (since, until) or (until is not None and ends <= starts and (since, until) != (FUTURE, CLOSES)):
            raise Refused("22023")
        self.subsidies.append(Subsidy(reference=reference, payer=payer, account=self.account(payer, "goods") if payer else None, budget=budget, granted=0,
                                      charged=0, charges=0, starts=starts, ends=ends))
        self.finish("create_subsidy", reference, self.subsidies[-1])
        return [self.subsidies[-1]]

    def net(self, subsidy):
        """What it has paid of orders and has not got back."""
        return sum(paid.amount - paid.returned for paid in self.subsidised.values() if paid.subsidy is subsidy)

    def resize_subsidy(self, subsidy, budget):
        within(need(budget), 0, MOST)
        need(subsidy, Subsidy).budget = max(budget, self.net(subsidy))
        return [subsidy.budget]

    def grant_subsidy(self, subsidy, campaign, order_id, amount, request):
        first = self.claim("grant_subsidy", request, (subsidy, campaign, order_id, amount))
        if first is not None:
            return [first]
        within(need(amount), 1, MOST)
        order = self.need_order(campaign, order_id)
        need(subsidy, Subsidy)
        outcome = (order.state if order.state != "placed" else "subsidised" if order in self.subsidised else
                   "too_much" if amount > order.amount - order.received else "not_open" if self.clock < subsidy.starts else
                   "closed" if self.clock >= subsidy.ends else "exhausted" if self.net(subsidy) + amount > subsidy.budget else "granted")
        if outcome == "granted":
            self.subsidised[order] = OrderSubsidy(subsidy=subsidy, amount=amount, returned=0, last=0)
            subsidy.granted += amount
            order.received += amount
            if order.received == order.amount:
                order.state, order.paid = "paid", True
            self.post("subsidy", (campaign, order), {self.clearing: amount, self.subsidy: -amount})
        self.finish("grant_subsidy", request, outcome)
        return [outcome]

    def money_back(self, order, held, amount):
        """To the buyer and to the subsidy, in proportion to what is left of each."""
        paid = self.subsidised.get(order)
        if paid is None:
            return {self.channel: amount}
        left = paid.amount - paid.returned
        back = split.reverse({self.channel: held - left, self.subsidy: left}, amount)
        paid.last = back.get(self.subsidy, 0)
        paid.returned += paid.last
        return back

    def charge_subsidies(self):
        charged, amount = 0, 0
        for subsidy in self.subsidies:
            difference = self.net(subsidy) - subsidy.charged
            if subsidy.payer is not None and difference != 0:
                subsidy.charged += difference
                subsidy.charges += 1
                self.post_owed("subsidy_charge", (subsidy, subsidy.charges), {self.subsidy: difference, subsidy.account: -difference})
                charged, amount = charged + 1, amount + difference
        return [charged, amount]
