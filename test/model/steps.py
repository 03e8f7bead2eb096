"""What a run may do next: a function per kind of call, with how often it comes.

A step draws the arguments of a call that mostly fits the state, as a name and a
dictionary, or None when nothing comes to mind. Which outcome or error follows is
the model's to say, so a step need not be right. Wrong values and repeated calls
are mixed in by draw.py.
"""

from draw import BAD_RULES, MISTYPED
from goods import CLOSES, FUTURE, PAST

STEPS = []
WEIGHTS = []


def step(weight):
    def keep(function):
        STEPS.append(function)
        WEIGHTS.append(weight)
        return function

    return keep


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
    return "set_rate", {"supply_leader": draw.one(draw.model.members[:3]), "rule": rule, "sku": sku}


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
    return "create_campaign", {
        "wave": wave, "supply_leader": draw.one(draw.model.members[:3]), "reference": draw.key("campaign"), "closes_at": CLOSES,
        "opens_at": draw.rng.choice([None] * 7 + [PAST, FUTURE]), "hold": draw.rng.choice([None, "0", "0", "100 days"])}


def live_campaign(draw, state=None):
    return draw.find(draw.model.campaigns, lambda campaign: campaign.state == state if state else campaign.state in ("draft", "open"))


@step(7)
def list_item(draw):
    campaign = live_campaign(draw)
    offered = [(sku, offer) for (sku, leader), offer in draw.model.offers.items() if campaign and leader is campaign.leader]
    if not offered:
        return None
    sku, offer = draw.rng.choice(offered)
    if draw.chance(0.04):
        sku = draw.one(draw.model.skus)
    price = min(max(offer.supply + draw.number(1, 1500), offer.floor), offer.ceiling)
    if draw.chance(0.02):
        price = 20_000_000
    return "list_item", {
        "campaign": campaign, "sku": sku, "distribution_price": draw.number(offer.supply, max(offer.supply, price)), "sale_price": price,
        "stock": draw.rng.choice([None, draw.number(0, 8), draw.number(8, 40), draw.number(200, 1700)]),
        "buyer_limit": draw.rng.choice([None, None, draw.number(1, 4), 10])}


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


# Orders


@step(34)
def place_order(draw):
    model = draw.model
    campaign = draw.find(draw.model.campaigns, lambda campaign: campaign.state == "open" and not campaign.opens_later)
    if campaign is None or not campaign.items:
        return None
    selling = [item for item in campaign.items if not (item.retired or item.free == 0) or draw.chance(0.05)]
    items = draw.rng.sample(selling, min(len(selling), draw.rng.choice([1, 1, 2, 3])))
    if not items:
        return None
    sellers = [member for joined, member in model.sellers if joined is campaign]
    most = draw.rng.choice([1, 3, 3, 8]) if draw.chance(0.98) else 1000
    spread = [item for item in selling if (item.free or 0) > 100 and not item.limits]
    if spread and draw.chance(0.12):  # more than any one row of its stock has
        items = [draw.rng.choice(spread)]
    units = [draw.number(1, most) for _ in items]
    if items[0].free and draw.chance(0.6 if items[0].free > 100 else 0.12):
        units[0] = items[0].free + draw.rng.choice([0, 0, 1])
    point, location = draw.one(model.points), None
    if draw.chance(0.4):
        location = draw.location()
        if draw.chance(0.85):
            point = None
    paused = [point for point in model.points if point.state != "open"]
    if paused and draw.chance(0.08):
        point = draw.one(paused)
    return "place_order", {
        "campaign": campaign, "buyer": draw.one(model.members), "items": items, "units": units,
        "request": draw.key("order"), "seller": draw.rng.choice([None, campaign.leader, draw.one(sellers), draw.one(sellers)]),
        "point": point, "location": location}


def some_order(draw, *states):
    return draw.find(draw.model.orders, lambda order: order.state in states)


@step(24)
def pay_order(draw):
    order = some_order(draw, "placed") if draw.chance(0.9) else draw.one(draw.model.orders)
    if order is None:
        return None
    owed = max(order.amount - order.received, 1)
    amount = owed if draw.chance(0.85) else draw.rng.choice([draw.number(1, owed), owed + draw.number(1, 500)])
    return "pay_order", {"campaign": order.campaign, "order_id": order, "amount": amount, "reference": draw.key("payment")}


@step(4)
def cancel_order(draw):
    order = some_order(draw, "placed", "paid")
    if draw.chance(0.3):
        order = draw.find(draw.model.orders, lambda order: order.state == "paid" and order.refunds and order.campaign.state == "open") or order
    return order and ("cancel_order", {"campaign": order.campaign, "order_id": order})


@step(1)
def expire_orders(draw):
    return "expire_orders", {"older_than": draw.rng.choice(["0", "0", "0", "1 day"]), "at_most": draw.rng.choice([0, 1, 2, 3, 1000])}


@step(14)
def refund_order(draw):
    again = draw.chance(0.35)
    states = draw.rng.choice([("paid",), ("arrived",), ("picked_up",), ("completed",), ("completed",)])
    order = draw.find(draw.model.orders, lambda order: order.state in states and (order.refunds or not again))
    if order is None:
        return None
    item = draw.rng.choice([refund.item for refund in order.refunds] if order.refunds and again else list(order.basket))
    units, amount = order.basket[item]
    back_units, back_amount = order.refunded.get(item, (0, 0))
    way = draw.rng.choice(["all", "all", "some", "price", "price", "any"])
    if way == "all":
        how = {"units": units - back_units, "amount": amount - back_amount}
    elif way == "some":
        how = {"units": draw.number(1, units)}
    elif way == "price":
        how = {"units": 0, "amount": draw.number(0, max(1, (amount - back_amount) // 2))}
    else:
        how = {"units": draw.number(0, units + 1), "amount": draw.number(0, amount + 1)}
    return "refund_order", {"campaign": order.campaign, "order_id": order, "item": item, "request": draw.key("refund"), **how}


# Waves and parcels


def some_wave(draw, *states):
    return draw.find(draw.model.waves, lambda wave: wave.state in states)


@step(1.8)
def close_wave(draw):
    if len(open_waves(draw)) < 2 and draw.chance(0.7):
        return None
    wave = some_wave(draw, "open")
    return wave and ("close_wave", {"wave": wave})


@step(3)
def freeze_wave(draw):
    wave = some_wave(draw, "closed")
    return wave and ("freeze_wave", {"wave": wave})


@step(3)
def dispatch_wave(draw):
    wave = some_wave(draw, "frozen")
    return wave and ("dispatch_wave", {"wave": wave})


@step(10)
def arrive(draw):
    order = draw.find(draw.model.orders, lambda order: order.state == "paid" and order.campaign.wave.state == "dispatched")
    return order and ("arrive", {"wave": order.campaign.wave, "point": order.point if draw.chance(0.9) else draw.one(draw.model.points)})


def arrived_order(draw):
    """With the steward of its point; sometimes one that was fetched."""
    states = ("arrived",) if draw.chance(0.85) else ("picked_up", "completed", "refunded")
    order = draw.find(draw.model.orders, lambda order: order.state in states and order.parcel and draw.model.steward_of(order.point))
    steward = order and draw.model.steward_of(order.point)
    return order, (steward.member if steward and draw.chance(0.9) else draw.one(draw.model.members))


@step(5)
def hand_over(draw):
    order, steward = arrived_order(draw)
    return order and ("hand_over", {"campaign": order.campaign, "order_id": order, "steward": steward})


@step(2.5)
def hand_over_as_operator(draw):
    order, _ = arrived_order(draw)
    return order and ("hand_over_as_operator", {"campaign": order.campaign, "order_id": order})


@step(10)
def pick_up(draw):
    order, steward = arrived_order(draw)
    if order is None:
        return None
    point = order.point
    if draw.chance(0.15):
        point = draw.find(draw.model.points, draw.model.steward_of) or point
        steward = draw.model.steward_of(point).member if draw.model.steward_of(point) else steward
    return "pick_up", {"point": point, "code": draw.rng.choice(order.codes) if draw.chance(0.9) else draw.rng.choice(MISTYPED), "steward": steward}


@step(1)
def renew_code(draw):
    states = ("arrived",) if draw.chance(0.5) else ("placed", "paid")
    order = some_order(draw, *states) if draw.chance(0.85) else draw.one(draw.model.orders)
    return order and ("renew_code", {"campaign": order.campaign, "order_id": order})


@step(3)
def complete_wave(draw):
    wave = some_wave(draw, "dispatched")
    return wave and ("complete_wave", {"wave": wave, "unfetched_after": draw.rng.choice([None, None, "0", "1 day"])})


# Money


@step(3)
def open_settlement(draw):
    return "open_settlement", {"until": PAST if draw.chance(0.1) else None}


@step(4)
def post_settlement(draw):
    settlement = draw.find(draw.model.settlements, lambda each: not each.posted)
    return settlement and ("post_settlement", {"settlement": settlement})


@step(3)
def explain(draw):
    model = draw.model
    settled = [settlement.journal for settlement in model.settlements if settlement.journal]
    journal = draw.one(settled if settled and draw.chance(0.6) else model.journals.values())
    if journal is None:
        return None
    account = draw.rng.choice(list(journal.entries if draw.chance(0.95) else model.accounts.values()))
    return "explain", {"journal": journal, "account": account}


@step(1.5)
def make_payout(draw):
    return "make_payout", {"maker": draw.one(draw.model.members), "request": draw.key("payout"), "minimum": draw.rng.choice([1, 1, 100, 5000]),
                           "members": draw.rng.sample(draw.model.members, 2) if draw.chance(0.3) else None}


@step(1.5)
def request_payout(draw):
    member = draw.one(draw.model.members)
    payable = sum(draw.model.payable(member).values())
    return "request_payout", {"member": member, "amount": draw.rng.choice([payable or 1, max(payable // 3, 1), payable + 1]), "request": draw.key("withdrawal")}


@step(1.5)
def approve_payout(draw):
    payout = draw.find(draw.model.payouts, lambda payout: payout.approver is None and not payout.withdrawn)
    return payout and ("approve_payout", {"payout": payout, "approver": draw.one(draw.model.members) if draw.chance(0.8) else payout.maker})


@step(0.4)
def withdraw_payout(draw):
    payout = draw.one(draw.model.payouts)
    return payout and ("withdraw_payout", {"payout": payout})


@step(2)
def send_transfers(draw):
    return "send_transfers", {"at_most": draw.rng.choice([1, 3, 100])}


def told_of(draw, *likely):
    """A transfer that the bank may say something of."""
    return draw.find(draw.model.lines, lambda line: line.state in likely)


@step(2.5)
def confirm_transfer(draw):
    line = told_of(draw, "sent", "sent", "failed")
    return line and ("confirm_transfer", {"key": line, "channel_reference": line.reference or f"number {draw.number(1, 99)}",
                                          "amount": line.amount if draw.chance(0.9) else line.amount + 1})


@step(0.8)
def fail_transfer(draw):
    line = told_of(draw, "sent", "requested")
    return line and ("fail_transfer", {"key": line, "reason": draw.rng.choice(["closed", "unknown"])})


@step(0.8)
def return_transfer(draw):
    line = told_of(draw, "confirmed", "sent")
    return line and ("return_transfer", {"key": line, "reference": line.back or f"back {draw.number(1, 99)}"})


def start(draw):
    """The calls that a run begins with: people, points, goods, a wave with two campaigns."""
    model = draw.model
    for _ in range(14):
        yield register_member(draw)
    for _ in range(3):
        yield add_community(draw)
    for community in model.communities[:2]:
        yield "appoint_steward", {"community": community, "member": model.members[draw.number(3, 9)]}
    for place, capacity in (((121.5, 25.0), None), ((121.51, 25.0), 12), ((121.5, 25.012), 5), ((121.7, 25.2), None)):
        yield "add_pickup_point", {"community": draw.one(model.communities), "reference": draw.key("point"), "location": place,
                                   "radius": 3000, "capacity": capacity}
    for n in range(6):
        yield "add_sku", {"supplier": model.members[n % 4], "reference": draw.key("sku")}
    for leader in model.members[:3]:
        yield "set_rate", {"supply_leader": leader, "rule": draw.rule(), "sku": None}
        for sku in model.skus:
            yield "offer_sku", {"sku": sku, "supply_leader": leader, "supply_price": draw.number(0, 3000)}
        for seller in model.members[4:8]:
            yield "form_partnership", {"supply_leader": leader, "sales_leader": seller}
    yield open_wave(draw)
    for leader in model.members[:2]:
        yield "create_campaign", {"wave": model.waves[0], "supply_leader": leader, "reference": draw.key("campaign"), "closes_at": CLOSES,
                                  "hold": "0"}
        for _ in range(4):
            listed = list_item(draw)
            if listed:
                yield listed
        yield "join_campaign", {"campaign": model.campaigns[-1], "sales_leader": model.members[5]}
        yield "publish_campaign", {"campaign": model.campaigns[-1]}
