"""Articles, offers, split rules, and what campaigns list of them."""

import functools

import split
from things import Campaign, Item, Member, Offer, Quota, Rate, Refused, Sku, Wave, need, need_text, within

HIGHEST_PRICE = 10**12
MOST_UNITS = 10**12
ENDLESS = 2**63 - 1
PARTIES = {"supplier", "supply_leader", "sales_leader", "steward", "platform"}
ALWAYS_THERE = {"supplier", "supply_leader", "platform"}
TRIED = [*range(1, 1001), 10_000, 1_000_000]  # enough of the numbers of units that an order may have to see whether a rule holds for all


class Goods:
    def __init__(self):
        super().__init__()
        self.skus = []
        self.offers = {}  # (sku, supply leader): the offer that stands
        self.rates = {}  # (supply leader, sku, tier, sales leader), each or None: the rate that stands
        self.items = []
        self.all_offers = []

    def add_sku(self, supplier, reference):
        need(supplier, Member)
        need_text(reference)
        for sku in self.skus:
            if (sku.supplier, sku.reference) == (supplier, reference):
                return [sku]
        self.account(supplier, "goods")
        self.skus.append(Sku(supplier=supplier, reference=reference))
        return [self.skus[-1]]

    def offer_sku(self, sku, supply_leader, supply_price, floor_price=None, ceiling_price=None):
        stands = self.offers.get((sku, supply_leader))
        terms = self.offer_terms(sku, supply_leader, supply_price, floor_price, ceiling_price, None)
        if stands is None or stands.terms != terms:
            stands = self.draft_of(sku, supply_leader, terms)
            self.pass_offer(stands)
        return [stands]

    def offer_terms(self, sku, supply_leader, supply_price, floor_price, ceiling_price, distribution_price):
        need(supply_price)
        need(supply_leader, Member)
        need(sku, Sku)
        floor = supply_price if floor_price is None else floor_price
        ceiling = ENDLESS if ceiling_price is None else ceiling_price
        if not 0 <= supply_price <= floor <= ceiling or (distribution_price is not None and not supply_price <= distribution_price <= ceiling):
            raise Refused("KT302")
        return supply_price, floor, ceiling, distribution_price

    def draft_of(self, sku, leader, terms):
        """A draft on the same terms, or a new one."""
        for offer in self.all_offers:
            if (offer.state, offer.sku, offer.leader, offer.terms) == ("draft", sku, leader, terms):
                return offer
        supply, floor, ceiling, distribution = terms
        self.all_offers.append(Offer(sku=sku, leader=leader, terms=terms, supply=supply, floor=floor, ceiling=ceiling,
                                     distribution=distribution, state="draft"))
        return self.all_offers[-1]

    def draft_offer(self, sku, supply_leader, supply_price, floor_price=None, ceiling_price=None, distribution_price=None):
        terms = self.offer_terms(sku, supply_leader, supply_price, floor_price, ceiling_price, distribution_price)
        return [self.draft_of(sku, supply_leader, terms)]

    def push_offer(self, offer):
        if need(offer, Offer).state not in ("draft", "pushed"):
            raise Refused("KT301")
        offer.state = "pushed"
        return [""]

    def decide_offer(self, offer, decided_by, **how):
        """Pass or not, by the supply leader."""
        wanted = "passed" if need(how["pass"]) else "rejected"
        need(decided_by, Member)
        if need(offer, Offer).leader is not decided_by:
            raise Refused("42501")
        if offer.state not in ("pushed", wanted):
            raise Refused("KT301")
        if offer.state == "pushed":
            offer.state = wanted
            if wanted == "passed":
                self.pass_offer(offer)
        return [""]

    def pass_offer(self, offer):
        """In place of the one before."""
        offer.state = "passed"
        self.offers[offer.sku, offer.leader] = offer

    def set_rate(self, supply_leader, rule, sku=None, tier=None, sales_leader=None):
        if not isinstance(need(rule), split.Rule):
            raise Refused(rule.code)
        for base in ("sale", "cost", "margin"):
            if sum(term[2] for _, term in rule.clauses if term[:2] == ("rate", base)) > split.MILLION:
                raise Refused("22023")
        parties = {party for party, _ in rule.clauses}
        rest = {party for party, term in rule.clauses if term == ("rest",)}
        if parties - PARTIES:
            raise Refused("KT202")
        if parties - ALWAYS_THERE and not rest & ALWAYS_THERE:
            raise Refused("KT203")
        need_tier(tier)
        if tier is not None and sales_leader is not None:
            raise Refused("22023")
        if sales_leader is not None:
            need(sales_leader, Member)
        # Without a leader it is the whole market's.
        if supply_leader is not None:
            need(supply_leader, Member)
        if sku is not None:
            need(sku, Sku)
        rate = self.rates[supply_leader, sku, tier, sales_leader] = Rate(rule=rule)
        return [rate]

    def choose_rule(self, leader, sku, tier=None, seller=None):
        """Who sells goes before what is sold, and that before whose rule it is; None when there is none."""
        wanted = (leader, sku, tier, seller)
        fit = [key for key in self.rates if all(part is None or part is want for part, want in zip(key, wanted))]
        best = min(fit, key=lambda key: (key[3] is None, key[2] is None, key[1] is None, key[0] is None), default=None)
        return best and self.rates[best].rule

    def special_rules(self, leader, sku):
        """The rules of single sales leaders and of tiers, as they are now."""
        who = {key[2:] for key in self.rates if key[2:] != (None, None) and key[0] in (None, leader) and key[1] in (None, sku)}
        return {each: self.choose_rule(leader, sku, *each) for each in who}

    def list_item(self, campaign, sku, distribution_price, sale_price, stock=None, buyer_limit=None, pool=None, deposit=None):
        self.need_campaign(campaign)
        need(distribution_price)
        need(sale_price)
        within(stock, 0, MOST_UNITS)
        within(buyer_limit, 1, MOST_UNITS)
        within(deposit, 1, sale_price)
        if deposit is not None and campaign.kind != "presale":
            raise Refused("22023")
        if pool is not None and (not isinstance(pool, Quota) or sku is None or pool.sku is not sku):
            raise Refused("KT303")
        need(sku)
        offer = self.offers.get((sku, campaign.leader))
        if offer is None:
            raise Refused("KT303")
        if (campaign, sku.supplier) in self.sellers:
            raise Refused("KT102")
        # Who chooses his own sale price gets the goods at the price that the supply leader has set.
        if campaign.owner is not None and distribution_price != offer.distribution:
            raise Refused("KT302")
        if not (offer.supply <= distribution_price <= sale_price and 0 < sale_price <= HIGHEST_PRICE
                and offer.floor <= sale_price <= offer.ceiling):
            raise Refused("KT302")
        rule = self.choose_rule(campaign.leader, sku)
        if rule is None:
            raise Refused("KT303")
        for item in campaign.items:
            if item.sku is sku and item.sale == sale_price and not item.retired:
                if (item.distribution, item.stock, self.buyer_limit(item), item.pool, item.deposit) != (
                        distribution_price, stock, buyer_limit, pool, deposit):
                    raise Refused("KT010")
                return [item]
        special = self.special_rules(campaign.leader, sku)
        if campaign.state == "open" and not all(holds(each, offer.supply, sale_price) for each in (rule, *special.values())):
            raise Refused("KT201")
        item = Item(campaign=campaign, sku=sku, bounds=(offer.floor, offer.ceiling), supply=offer.supply, distribution=distribution_price, sale=sale_price,
                    rule=rule, special=special, stock=stock, free=stock, pool=pool, deposit=deposit, retired=False)
        if buyer_limit is not None:
            self.put_limit(campaign, item, "buyer", False, buyer_limit)
        campaign.items.append(item)
        self.items.append(item)
        return [item]

    def retire_item(self, campaign, item):
        need(campaign)
        need(item)
        if not isinstance(item, Item) or item.campaign is not campaign or item.retired:
            return [False]
        item.retired = True
        return [True]


def need_tier(tier):
    within(tier if tier is None else len(tier.encode()), 1, 256)


@functools.lru_cache(maxsize=1000)
def holds(rule, supply, sale):
    return all(split.divide(rule, sale * n, supply * n, n) is not None for n in TRIED)
