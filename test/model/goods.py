"""Articles, offers, split rules, campaigns, items and the sellers of campaigns."""

import split
from things import Campaign, Item, Member, Offer, Rate, Refused, Sku, Wave, need, need_text, within

HIGHEST_PRICE = 10**12
MOST_UNITS = 10**12
ENDLESS = 2**63 - 1
PARTIES = {"supplier", "supply_leader", "sales_leader", "steward", "platform"}
ALWAYS_THERE = {"supplier", "supply_leader", "platform"}
TRIED = [*range(1, 1001), 10_000, 1_000_000]  # enough of the numbers of units that an order may have to see whether a rule holds for all

# Times are words: nothing that a test does lies between them.
PAST, FUTURE = "2000-01-01 00:00:00+00", "2099-01-01 00:00:00+00"
CLOSES = "2100-01-01 00:00:00+00"
HOLDS = {None: 0, "0": 0, "100 days": 10**9}  # in ticks of the model; the market's own hold is 0


class Goods:
    def __init__(self):
        super().__init__()
        self.skus = []
        self.offers = {}  # (sku, supply leader): the offer that stands
        self.rates = {}  # (supply leader, sku or None): the rate that stands
        self.campaigns = []
        self.items = []
        self.sellers = {}  # (campaign, member): chain as a tuple of members

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
        need(supply_price)
        need(supply_leader, Member)
        need(sku, Sku)
        floor = supply_price if floor_price is None else floor_price
        ceiling = ENDLESS if ceiling_price is None else ceiling_price
        if not 0 <= supply_price <= floor <= ceiling:
            raise Refused("KT302")
        stands = self.offers.get((sku, supply_leader))
        if stands is None or (stands.supply, stands.floor, stands.ceiling) != (supply_price, floor, ceiling):
            stands = self.offers[sku, supply_leader] = Offer(supply=supply_price, floor=floor, ceiling=ceiling)
        return [stands]

    def set_rate(self, supply_leader, rule, sku=None):
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
        # Without a leader it is the whole market's.
        if supply_leader is not None:
            need(supply_leader, Member)
        if sku is not None:
            need(sku, Sku)
        rate = self.rates[supply_leader, sku] = Rate(rule=rule)
        return [rate]

    def create_campaign(self, wave, supply_leader, reference, closes_at, opens_at=None, hold=None):
        need_text(reference)
        first = self.claim("create_campaign", reference, (wave, supply_leader, closes_at, opens_at, hold))
        if first is not None:
            return [first]
        need(supply_leader, Member)
        if hold not in HOLDS:
            raise Refused("22023")
        if need(closes_at) not in (FUTURE, CLOSES) or (opens_at == FUTURE and closes_at != CLOSES):
            raise Refused("22023")
        if need(wave, Wave).state != "open":
            raise Refused("KT301")
        campaign = Campaign(wave=wave, leader=supply_leader, account=self.account(supply_leader, "commission"),
                            state="draft", opens_later=opens_at == FUTURE, hold=HOLDS[hold], items=[])
        self.campaigns.append(campaign)
        self.finish("create_campaign", reference, campaign)
        return [campaign]

    def need_campaign(self, campaign):
        """One that still can change."""
        if need(campaign, Campaign).state not in ("draft", "open"):
            raise Refused("KT301")
        return campaign

    def list_item(self, campaign, sku, distribution_price, sale_price, stock=None, buyer_limit=None):
        self.need_campaign(campaign)
        need(distribution_price)
        need(sale_price)
        within(stock, 0, MOST_UNITS)
        within(buyer_limit, 1, MOST_UNITS)
        need(sku)
        offer = self.offers.get((sku, campaign.leader))
        if offer is None:
            raise Refused("KT303")
        if (campaign, sku.supplier) in self.sellers:
            raise Refused("KT102")
        if not (offer.supply <= distribution_price <= sale_price and 0 < sale_price <= HIGHEST_PRICE
                and offer.floor <= sale_price <= offer.ceiling):
            raise Refused("KT302")
        # What is sold goes before whose rule it is.
        rate = next((self.rates[key] for key in [(campaign.leader, sku), (None, sku), (campaign.leader, None), (None, None)] if key in self.rates), None)
        if rate is None:
            raise Refused("KT303")
        rule = rate.rule
        limits = {} if buyer_limit is None else {"buyer": buyer_limit}
        for item in campaign.items:
            if item.sku is sku and item.sale == sale_price and not item.retired:
                if (item.distribution, item.stock, item.limits) != (distribution_price, stock, limits):
                    raise Refused("KT010")
                return [item]
        if campaign.state == "open" and not holds(rule, offer.supply, sale_price):
            raise Refused("KT201")
        item = Item(campaign=campaign, sku=sku, bounds=(offer.floor, offer.ceiling), supply=offer.supply, distribution=distribution_price, sale=sale_price,
                    rule=rule, stock=stock, free=stock, limits=limits, retired=False)
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

    def publish_campaign(self, campaign):
        self.need_campaign(campaign)
        if campaign.state == "draft":
            if all(item.retired for item in campaign.items):
                raise Refused("KT301")
            if not all(item.retired or holds(item.rule, item.supply, item.sale) for item in campaign.items):
                raise Refused("KT201")
            campaign.state = "open"
        return [""]

    def join_campaign(self, campaign, sales_leader, under=None):
        need(sales_leader, Member)
        self.need_campaign(campaign)
        upline = (campaign.leader,)
        if under is not None and under is not campaign.leader:
            upline = self.sellers.get((campaign, under))
            if upline is None:
                raise Refused("KT103")
        if sales_leader in upline or any(item.sku.supplier is sales_leader and not item.retired for item in campaign.items):
            raise Refused("KT102")
        if len(upline) + 1 > self.max_levels:
            raise Refused("KT101")
        if (campaign.leader, sales_leader) not in self.partners:
            raise Refused("KT103")
        if (campaign, sales_leader) not in self.sellers:
            self.account(sales_leader, "commission")
            self.sellers[campaign, sales_leader] = upline + (sales_leader,)
        return [chain_text(self.sellers[campaign, sales_leader])]

    def payees(self, item, seller, steward):
        """The account of each clause of the item's rule; sales leader and steward are those of the order."""
        accounts = {"supplier": lambda: self.account(item.sku.supplier, "goods"), "supply_leader": lambda: item.campaign.account,
                    "platform": lambda: self.revenue, "sales_leader": lambda: seller, "steward": lambda: steward}
        return [accounts[party]() for party, _ in item.rule.clauses]

    def line_shares(self, item, units, seller, steward):
        """How the money of one line is divided; KT201 when the rule does not hold for so many units."""
        parts = split.divide(item.rule, item.sale * units, item.supply * units, units)
        if parts is None:
            raise Refused("KT201")
        return split.shares_of(item.rule, parts, self.payees(item, seller, steward))


def holds(rule, supply, sale):
    return all(split.divide(rule, sale * n, supply * n, n) is not None for n in TRIED)


def chain_text(chain):
    return ">".join(str(member.id) for member in chain)
