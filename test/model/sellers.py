"""Who sells: copies of campaigns, tiers, whose buyer somebody is, and by which rule a sale is divided."""

import split
from goods import need_tier
from things import Campaign, Member, Refused, Tier, need


class Sellers:
    attribution = "link"
    own_purchase = True

    def __init__(self):
        super().__init__()
        self.sellers = {}  # (campaign, member): chain as a tuple of members
        self.joined_in = {}  # (campaign, member): the tier in which he joined
        self.tiers = {}  # (supply leader, sales leader): the tier that stands
        self.touches = {}  # (supply leader, buyer): the first and the last whose link he used

    def let_sell(self, campaign, chain):
        seller = chain[-1]
        self.account(seller, "commission")
        self.sellers[campaign, seller] = chain
        stands = self.tiers.get((campaign.leader, seller))
        self.joined_in[campaign, seller] = stands and stands.tier

    def join_campaign(self, campaign, sales_leader, under=None):
        need(sales_leader, Member)
        self.need_campaign(campaign)
        if campaign.owner not in (None, sales_leader):
            raise Refused("KT101")
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
            self.let_sell(campaign, upline + (sales_leader,))
        return [chain_text(self.sellers[campaign, sales_leader])]

    def set_tier(self, supply_leader, sales_leader, tier):
        need(sales_leader, Member)
        need_tier(tier)
        pair = (need(supply_leader, Member), sales_leader)
        if tier is not None and pair not in self.partners:
            raise Refused("KT103")
        stands = self.tiers.get(pair)
        if tier is None:
            self.tiers.pop(pair, None)
            return [None]
        if stands is None or stands.tier != tier:
            stands = self.tiers[pair] = Tier(tier=tier)
        return [stands]

    def touch(self, campaign, buyer, seller):
        need(buyer)
        need(seller)
        need(campaign, Campaign)
        need(buyer, Member)
        if (campaign, seller) not in self.sellers:
            raise Refused("KT103")
        first, _ = self.touches.get((campaign.leader, buyer), (seller, None))
        self.touches[campaign.leader, buyer] = (first, seller)
        return [""]

    def selling_chain(self, campaign, buyer, seller):
        """The chain of a sale: by the link, else of the owner, else of whom the buyer is attributed to, else the supply leader's own."""
        alone = (campaign.leader,)
        if seller is campaign.leader:
            return alone
        if seller is not None and (campaign, seller) not in self.sellers:
            raise Refused("KT103")
        if seller is None:
            seller = campaign.owner or self.attributed(campaign, buyer)
        if seller is buyer and not self.own_purchase:
            return alone
        return self.sellers.get((campaign, seller), alone)

    def attributed(self, campaign, buyer):
        if self.attribution == "link":
            return None
        first, last = self.touches.get((campaign.leader, buyer), (None, None))
        return first if self.attribution == "first" else last

    def may_have_named(self, order, seller):
        """Whether an order may have been placed by the link of a seller, or without one: it keeps only whose it became."""
        if seller is None:
            return order.seller is None or self.attribution != "link" or order.campaign.owner is not None
        return seller is order.chain[-1] or (seller is order.buyer and order.seller is None)

    def rule_of(self, item, chain):
        """The seller's own, else that of the tier in which he joined, else everybody's; as frozen when it was listed."""
        seller = chain[-1]
        tier = self.joined_in.get((item.campaign, seller)) if len(chain) > 1 else None
        own = item.special.get((None, seller))
        return own or (item.special.get((tier, None)) if tier else None) or item.rule

    def payees(self, rule, item, seller, steward):
        """The account of each clause of a rule; sales leader and steward are those of the order."""
        accounts = {"supplier": lambda: self.account(item.sku.supplier, "goods"), "supply_leader": lambda: item.campaign.account,
                    "platform": lambda: self.revenue, "sales_leader": lambda: seller, "steward": lambda: steward}
        return [accounts[party]() for party, _ in rule.clauses]

    def line_shares(self, item, units, chain, seller, steward):
        """How the money of one line is divided; KT201 when the rule does not hold for so many units."""
        rule = self.rule_of(item, chain)
        parts = split.divide(rule, item.sale * units, item.supply * units, units)
        if parts is None:
            raise Refused("KT201")
        return split.shares_of(rule, parts, self.payees(rule, item, seller, steward))


def chain_text(chain):
    return ">".join(str(member.id) for member in chain)
