"""Steps of people and places, goods and campaigns."""

from draw import BAD_RULES, TIERS
from campaigns import CLOSES, FUTURE, PASSED, PAST
from step import step


# People and places


@step(0.7)
def register_member(draw):
    return "register_member", {"reference": draw.key("member")}


@step(1)
def form_partnership(draw):
    return "form_partnership", {"supply_leader": draw.one(draw.model.members[:3]), "sales_leader": draw.one(draw.model.members)}


@step(0.8)
def end_partnership(draw):
    pair = draw.one(draw.model.partners)
    return pair and ("end_partnership", {"supply_leader": pair[0], "sales_leader": pair[1]})


@step(0.2)
def add_community(draw):
    return "add_community", {"reference": draw.key("community"), "households": draw.number(0, 500)}


@step(0.5)
def appoint_steward(draw):
    return "appoint_steward", {"community": draw.one(draw.model.communities), "member": draw.one(draw.model.members)}


@step(0.1)
def end_stewardship(draw):
    return "end_stewardship", {"community": draw.one(draw.model.communities)}


@step(0.3)
def add_pickup_point(draw):
    place = (round(121 + draw.number(0, 60) / 100 + 0.0013 * len(draw.model.points), 4), round(25 + draw.number(0, 60) / 100, 4))
    if draw.model.points and draw.chance(0.5):
        x, y = draw.one(draw.model.points).location
        place = (round(x + draw.number(5, 15) / 1000, 4), round(y + draw.number(-10, 10) / 1000, 4))
    return "add_pickup_point", {
        "community": draw.one(draw.model.communities), "reference": draw.key("point"), "location": place,
        "radius": draw.rng.choice([800, 2000, 3000]), "capacity": draw.rng.choice([None, None, 0, 4, 20, 50])}


@step(0.7)
def open_pickup_point(draw):
    paused = [point for point in draw.model.points if point.state != "open"]
    if paused and draw.chance(0.6):
        return "open_pickup_point", {"point": draw.one(paused), "open": True}
    return "open_pickup_point", {"point": draw.one(draw.model.points), "open": draw.chance(0.5)}


# Goods and campaigns


@step(0.5)
def add_sku(draw):
    return "add_sku", {"supplier": draw.one(draw.model.members[:6]), "reference": draw.key("sku")}


@step(1.5)
def offer_sku(draw):
    cost = draw.number(0, 3000)
    bounds = {"floor_price": cost + draw.number(0, 200), "ceiling_price": cost + draw.number(200, 4000)} if draw.chance(0.4) else {}
    return "offer_sku", {"sku": draw.one(draw.model.skus), "supply_leader": draw.one(draw.model.members[:3]), "supply_price": cost, **bounds}


@step(1.5)
def set_rate(draw):
    sku = draw.one(draw.model.skus) if draw.chance(0.6) else None
    rule = draw.rule() if draw.chance(0.75) else draw.rng.choice(BAD_RULES)
    who = draw.rng.choice([{}, {}, {"tier": draw.rng.choice(TIERS)}, {"sales_leader": draw.one(draw.model.members[3:9])}])
    return "set_rate", {"supply_leader": draw.one(draw.model.members[:3]) if draw.chance(0.9) else None, "rule": rule, "sku": sku, **who}


@step(1.5)
def set_tier(draw):
    pair = draw.one(draw.model.partners)
    return pair and ("set_tier", {"supply_leader": pair[0], "sales_leader": pair[1], "tier": draw.rng.choice(TIERS + [None])})


@step(3)
def touch(draw):
    campaign, seller = draw.one(draw.model.sellers) or (None, None)
    return campaign and ("touch", {"campaign": campaign, "buyer": draw.one(draw.model.members), "seller": seller})


@step(1.5)
def draft_offer(draw):
    cost = draw.number(0, 3000)
    return "draft_offer", {
        "sku": draw.one(draw.model.skus), "supply_leader": draw.one(draw.model.members[:3]), "supply_price": cost,
        "floor_price": cost, "ceiling_price": cost + draw.number(200, 4000), "distribution_price": cost + draw.number(0, 300)}


@step(1.5)
def push_offer(draw):
    offer = draw.find(draw.model.all_offers, lambda offer: offer.state == "draft")
    return offer and ("push_offer", {"offer": offer})


@step(2)
def decide_offer(draw):
    offer = draw.find(draw.model.all_offers, lambda offer: offer.state == "pushed")
    return offer and ("decide_offer", {"offer": offer, "pass": draw.chance(0.9), "decided_by": offer.leader})


def open_waves(draw):
    return [wave for wave in draw.model.waves if wave.state == "open"]


@step(1.0)
def open_wave(draw):
    return "open_wave", {"reference": draw.key("wave"), "delivery_on": None}


@step(1.8)
def create_campaign(draw):
    wave = draw.one(open_waves(draw) if draw.chance(0.95) else draw.model.waves)
    if wave is None:
        return open_wave(draw)
    opens = draw.rng.choice([None] * 7 + [PAST, PAST, FUTURE])
    presale = draw.chance(0.7 if opens == PAST else 0.25)
    leader = draw.one(draw.model.members[:3])
    owners = [seller for whose, seller in draw.model.partners if whose is leader]
    return "create_campaign", {
        "owner": draw.one(owners) if draw.chance(0.3) else None, "kind": "presale" if presale else "ordinary", "balance_due_at": (PASSED if opens == PAST else CLOSES) if presale else None,
        "wave": wave, "supply_leader": leader, "reference": draw.key("campaign"), "closes_at": CLOSES,
        "opens_at": opens, "hold": draw.rng.choice([None, "0", "0", "100 days"])}


def live_campaign(draw, state=None):
    return draw.find(draw.model.campaigns, lambda campaign: campaign.state == state if state else campaign.state in ("draft", "open"))


@step(7)
def list_item(draw):
    campaign = live_campaign(draw)
    offered = [(sku, offer) for (sku, leader), offer in draw.model.offers.items() if campaign and leader is campaign.leader
               and (campaign.owner is None or offer.distribution is not None or draw.chance(0.05))]
    if not offered:
        return None
    sku, offer = draw.rng.choice(offered)
    if draw.chance(0.04):
        sku = draw.one(draw.model.skus)
    price = min(max(offer.supply + draw.number(1, 1500), offer.floor), offer.ceiling)
    if draw.chance(0.02):
        price = 20_000_000
    distribution = draw.number(offer.supply, max(offer.supply, price))
    if campaign.owner and draw.chance(0.95):
        distribution = offer.distribution
        price = max(price, distribution or 0)
    return "list_item", {
        "campaign": campaign, "sku": sku, "distribution_price": distribution, "sale_price": price,
        "stock": draw.rng.choice([None, draw.number(0, 8), draw.number(8, 40), draw.number(200, 1700)]),
        "buyer_limit": draw.rng.choice([None, None, draw.number(1, 4), 10]),
        "pool": draw.one([quota for quota in draw.model.quotas if quota.sku is sku]) if draw.chance(0.4) else None,
        "deposit": draw.number(1, max(1, price)) if draw.chance(0.5 if campaign.kind == "presale" else 0.02) else None}


@step(2)
def set_limit(draw):
    campaign = live_campaign(draw, "draft")
    return campaign and set_limit_of(draw, campaign)


def set_limit_of(draw, campaign):
    scope = draw.rng.choice(["buyer", "household", "point", "seller"])
    most = draw.rng.choice([draw.number(2, 6), draw.number(8, 30), 60, 1000]) * (1 if scope == "buyer" else 3)
    return "set_limit", {
        "campaign": campaign, "units": most, "scope": scope,
        "item": draw.one(campaign.items) if draw.chance(0.6) else None, "per_day": draw.chance(0.4)}


@step(1)
def set_minimum(draw):
    campaign = live_campaign(draw, "draft")
    return campaign and set_minimum_of(draw, campaign)


def set_minimum_of(draw, campaign):
    minimum_of = draw.rng.choice(["units", "amount", "buyers"])
    most = {"units": 12, "amount": 30_000, "buyers": 4}[minimum_of]
    return "set_minimum", {"campaign": campaign, "minimum": draw.number(1, most) if draw.chance(0.9) else None, "minimum_of": minimum_of}


@step(1)
def set_capacity(draw):
    campaign = live_campaign(draw, "draft")
    capacity_of = draw.rng.choice(["orders", "units"])
    return campaign and ("set_capacity", {
        "campaign": campaign, "capacity": draw.rng.choice([draw.number(1, 8), 20, 250]) * (1 if capacity_of == "orders" else 3), "capacity_of": capacity_of})


@step(1)
def create_pool(draw):
    return "create_pool", {"sku": draw.one(draw.model.skus), "reference": draw.key("pool"),
                           "units": draw.rng.choice([draw.number(0, 6), draw.number(10, 40), draw.number(200, 900)])}


@step(2)
def share_out(draw):
    campaign = live_campaign(draw, "draft")
    return campaign and campaign.items and share_out_of(draw, campaign)


def share_out_of(draw, campaign):
    return "share_out", {"campaign": campaign, "item": draw.one(campaign.items), "community": draw.one(draw.model.communities),
                         "units": draw.rng.choice([draw.number(0, 6), 20, 300])}


@step(2)
def restock(draw):
    stocks = draw.model.quotas if draw.chance(0.5) else [item for item in draw.model.items if item.stock is not None]
    stock = draw.one(stocks)
    if stock is None:
        return None
    kind = "quota" if stock in draw.model.quotas else "item"
    units = draw.rng.choice([draw.number(1, 6), 150, -draw.number(1, 6), -stock.free, -stock.free - 1])
    return "restock", {"units": units, "campaign": stock.campaign, kind: stock}


@step(0.7)
def close_campaign(draw):
    campaign = live_campaign(draw, "open")
    return campaign and ("close_campaign", {"campaign": campaign, "reason": "enough"})


@step(1)
def close_due_campaigns(draw):
    return "close_due_campaigns", {}


@step(1.5)
def conclude_campaign(draw):
    campaign = draw.find(draw.model.campaigns, lambda campaign: campaign.state == "closed")
    return campaign and ("conclude_campaign", {"campaign": campaign})


@step(0.4)
def cancel_campaign(draw):
    campaign = draw.find(draw.model.campaigns, lambda campaign: campaign.state in ("draft", "open", "closed"))
    return campaign and ("cancel_campaign", {"campaign": campaign, "reason": "no harvest"})


@step(0.7)
def number_orders(draw):
    return "number_orders", {"campaign": draw.one(draw.model.campaigns)}


@step(0.8)
def retire_item(draw):
    item = draw.find(draw.model.items, lambda item: not item.retired)
    return item and ("retire_item", {"campaign": item.campaign, "item": item})


@step(3)
def publish_campaign(draw):
    campaign = draw.find(draw.model.campaigns, lambda campaign: campaign.state == "draft" and campaign.items)
    return campaign and ("publish_campaign", {"campaign": campaign})


@step(2.5)
def join_campaign(draw):
    campaign = live_campaign(draw)
    if campaign is None:
        return None
    partners = [seller for leader, seller in draw.model.partners if leader is campaign.leader]
    joined = [member for where, member in draw.model.sellers if where is campaign]
    under = draw.rng.choice([None] * 6 + [campaign.leader, draw.one(draw.model.members), draw.one(joined)])
    former = [seller for leader, seller in draw.model.former_partners if leader is campaign.leader]
    seller = draw.rng.choice([draw.one(partners)] * 7 + [draw.one(former or partners), draw.one(draw.model.members), campaign.leader])
    return "join_campaign", {"campaign": campaign, "sales_leader": seller, "under": under}
