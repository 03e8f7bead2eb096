"""Steps of orders: placed, paid, changed, cancelled, refunded."""

from draw import HOUSEHOLDS
from step import step


def new_order(draw):
    """The arguments of an order that may be placed."""
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
    limited = {item for where, item, _, _ in model.limits if where is campaign}
    spread = [item for item in selling if (item.free or 0) > 100 and not limited & {None, item}]
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
    return {
        "campaign": campaign, "buyer": draw.one(model.members), "items": items, "units": units,
        "request": draw.key("order"), "seller": draw.rng.choice([None, campaign.leader, draw.one(sellers), draw.one(sellers)]),
        "point": point, "location": location, "household": draw.rng.choice(HOUSEHOLDS + [None]),
        "channel": draw.rng.choice([None, "group", "other"]), "note": draw.rng.choice([None, None, "ring twice"])}


@step(34)
def place_order(draw):
    arguments = new_order(draw)
    if arguments and draw.chance(0.12):
        draw.later("place_order", arguments)
        return "preview_order", {name: value for name, value in arguments.items() if name not in ("request", "channel", "note")}
    return arguments and ("place_order", arguments)


@step(5)
def place_orders(draw):
    orders = [order for order in (new_order(draw) for _ in range(draw.number(1, 6))) if order]
    orders = [draw.spoil(order) if draw.chance(0.2) else order for order in orders]
    if orders and draw.chance(0.1):
        orders.append(draw.one(orders))
    if orders and draw.chance(0.05):
        orders[0] = {**orders[0], "buyer": "ann"}
    return ("place_orders", {"orders": orders}) if orders else None


def some_order(draw, *states):
    return draw.find(draw.model.orders, lambda order: order.state in states)


@step(24)
def pay_order(draw):
    order = some_order(draw, "placed") if draw.chance(0.9) else draw.one(draw.model.orders)
    if order is None:
        return None
    owed = max(order.amount - order.received, 1)
    amount = owed if draw.chance(0.85) else draw.rng.choice([draw.number(1, owed), owed + draw.number(1, 500)])
    if order.deposit and order.received < order.deposit and draw.chance(0.6):
        amount = order.deposit - order.received - (1 if draw.chance(0.1) else 0) or 1
    return "pay_order", {"campaign": order.campaign, "order_id": order, "amount": amount, "reference": draw.key("payment")}


@step(7)
def change_order(draw):
    states = ("placed", "paid") if draw.chance(0.93) else ("arrived", "cancelled", "refunded")
    order = draw.find(draw.model.orders, lambda order: order.state in states and order.campaign.state == "open" and (not order.refunds or draw.chance(0.05)))
    if draw.chance(0.05):
        order = draw.one(draw.model.orders)
    if order is None:
        return None
    others = [item for item in order.campaign.items if item not in order.basket and not (item.retired or item.free == 0)]
    items = list(order.basket) if draw.chance(0.8) else []
    items += draw.rng.sample(others, min(len(others), draw.rng.choice([0, 1, 1])))
    draw.rng.shuffle(items)
    units = [max(1, order.basket.get(item, (1, 0))[0] + draw.number(-2, 3)) for item in items]
    return "change_order", {"campaign": order.campaign, "order_id": order, "items": items, "units": units, "request": draw.key("change")}


@step(2)
def order_parts(draw):
    order = draw.one(draw.model.orders)
    return order and ("order_parts", {"campaign": order.campaign, "order_id": order})


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
