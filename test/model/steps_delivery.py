"""Steps of waves, parcels and money."""

from draw import MISTYPED
from step import step
from steps_fees import grant_subsidy
from steps_goods import create_campaign, list_item, open_waves, publish_campaign
from steps_orders import pay_order, place_order, refund_order, some_order
from steps_settlements import open_settlement, post_settlement


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


@step(2)
def trade(draw):
    """A campaign from its draft to paid orders, call after call."""
    draw.later(list_item, list_item, list_item, publish_campaign, *[place_order] * 8, grant_subsidy, *[pay_order] * 6)
    return create_campaign(draw)


@step(1)
def deliver(draw):
    """A wave from its orders to the settlement, call after call."""
    wave = draw.find([order.campaign.wave for order in draw.model.orders if order.state in ("placed", "paid")], lambda wave: wave.state in ("open", "closed"))
    if wave is None:
        return None
    orders = draw.model.orders_of(wave, "placed")
    draw.later(*[lambda _, order=order: owed_by(order) for order in orders if draw.chance(0.8)], lambda _: ("close_wave", {"wave": wave}),
               lambda _: ("freeze_wave", {"wave": wave}), lambda _: ("dispatch_wave", {"wave": wave}))
    draw.later(*[lambda _, point=point: ("arrive", {"wave": wave, "point": point}) for point in draw.model.points])
    for order in draw.model.orders_of(wave, "placed", "paid"):
        draw.later(lambda _, order=order: fetch(order) if draw.chance(0.85) else None)
    draw.later(lambda _: ("complete_wave", {"wave": wave, "unfetched_after": draw.rng.choice([None, "0"])}), open_settlement, post_settlement)
    draw.later(*[refund_order] * 4, open_settlement, post_settlement)
    return draw.waiting.pop(0)(draw)


def owed_by(order):
    if order.state == "placed":
        return "pay_order", {"campaign": order.campaign, "order_id": order, "amount": order.amount - order.received, "reference": f"all of {order.name}"}


def fetch(order):
    if order.state == "arrived":
        return "hand_over_as_operator", {"campaign": order.campaign, "order_id": order}
