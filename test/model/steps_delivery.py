"""Steps of waves, parcels and money."""

from draw import MISTYPED
from campaigns import PAST
from step import step
from steps_goods import open_waves
from steps_orders import some_order


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
