"""Who bears refunds of a cause, from docs/refunds.md."""

import split
from goods import ALWAYS_THERE, PARTIES
from things import Liability, Member, Refused, need

CAUSES = ("shortage", "catch_weight", "spoilage", "late", "lost", "other")


class Liabilities:
    def __init__(self):
        super().__init__()
        self.liabilities = {}  # (supply leader or None, cause): the rule that is in force
        self.all_liabilities = []

    def set_liability(self, supply_leader, cause, rule):
        if isinstance(rule, split.BadRule) and rule.code in ("22P02", "22023"):  # a text that is no rule at all
            raise Refused(rule.code)
        need_cause(cause)
        if not isinstance(need(rule), split.Rule):
            raise Refused(rule.code)
        parties = {party for party, _ in rule.clauses}
        if parties - PARTIES:
            raise Refused("KT202")
        if parties - ALWAYS_THERE and not any(term == ("rest",) and party in ALWAYS_THERE for party, term in rule.clauses):
            raise Refused("KT203")
        if any(term != ("rest",) and (term[:2] != ("rate", "sale") or term[3:] != (None, None)) for _, term in rule.clauses):
            raise Refused("22023")
        if supply_leader is not None:
            need(supply_leader, Member)
        stands = self.liabilities[supply_leader, cause] = Liability(leader=supply_leader, cause=cause, rule=rule)
        self.all_liabilities.append(stands)
        return [stands]

    def end_liability(self, liability):
        need(liability, Liability)
        where = (liability.leader, liability.cause)
        if self.liabilities.get(where) is not liability:
            return [False]
        del self.liabilities[where]
        return [True]

    def liability_of(self, leader, cause):
        """The supply leader's own before the market's; None when everybody gives back his part."""
        return self.liabilities.get((leader, cause)) or self.liabilities.get((None, cause))

    def borne(self, order, item, liability, amount):
        """Who pays for a refund: of what the rule makes of the whole line, the part that no refund by this rule has taken yet."""
        units, paid = order.basket[item]
        payees = self.payees(liability.rule, item, order.seller, order.steward)
        whole = split.shares_of(liability.rule, split.divide(liability.rule, paid, 0, units), payees)
        before = [refund.borne for refund in order.refunds if refund.item is item and refund.liability is liability]
        return split.reverse(split.add(whole, *map(split.negative, before)), amount)


def need_cause(cause):
    if need(cause) not in CAUSES:
        raise Refused("22023")
