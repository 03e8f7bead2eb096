"""Steps of what moves beside the sale: entry fees, subsidies."""

import datetime

from campaigns import CLOSES, FUTURE, PAST
from step import step
from steps_orders import some_order

FIRST_DAYS = [datetime.date(2023, 3, 1), datetime.date(2024, 2, 29), datetime.date(2025, 7, 14), datetime.date(2026, 10, 1)]


def some_day(draw):
    """One of a few, so that days meet."""
    return draw.rng.choice([*FIRST_DAYS, draw.model.day(), draw.model.day() - datetime.timedelta(draw.number(1, 400))])


@step(0.7)
def set_entry_fee(draw):
    since = some_day(draw)
    return "set_entry_fee", {"member": draw.one(draw.model.members[:6]), "yearly": draw.rng.choice([1, 365, draw.number(1, 20_000)]), "since": since,
                             "until": draw.rng.choice([None, None, since + datetime.timedelta(draw.number(1, 500))])}


@step(0.4)
def end_entry_fee(draw):
    fee = draw.one(draw.model.fees)
    return fee and ("end_entry_fee", {"member": fee.member, "until": draw.rng.choice([some_day(draw), fee.accrued])})


@step(0.7)
def accrue_fees(draw):
    return "accrue_fees", {"until": draw.rng.choice([None, some_day(draw)])}


# Subsidies


@step(0.7)
def create_subsidy(draw):
    return "create_subsidy", {"reference": draw.key("subsidy"), "budget": draw.rng.choice([draw.number(1, 3000), 50_000]),
                              "payer": draw.one(draw.model.members[:4]) if draw.chance(0.5) else None,
                              "since": draw.rng.choice([None, None, None, PAST, FUTURE]), "until": draw.rng.choice([None, None, CLOSES])}


@step(5)
def grant_subsidy(draw):
    subsidy, order = draw.one(draw.model.subsidies), some_order(draw, "placed")
    if subsidy is None or order is None:
        return None
    owed = max(order.amount - order.received, 1)
    left = max(subsidy.budget - draw.model.net(subsidy), 1)
    amount = draw.rng.choice([owed, draw.number(1, owed), min(left, owed), left + 1, owed + 1] if draw.chance(0.3) else [draw.number(1, max(owed // 2, 1))])
    if draw.chance(0.5):
        draw.later(lambda _: ("pay_order", {"campaign": order.campaign, "order_id": order, "amount": max(order.amount - order.received, 1),
                                            "reference": draw.key("payment")}))
    return "grant_subsidy", {"subsidy": subsidy, "campaign": order.campaign, "order_id": order, "amount": amount, "request": draw.key("grant")}


@step(0.4)
def resize_subsidy(draw):
    subsidy = draw.one(draw.model.subsidies)
    return subsidy and ("resize_subsidy", {"subsidy": subsidy, "budget": draw.rng.choice([0, draw.number(1, 5000)])})


@step(1)
def charge_subsidies(draw):
    return "charge_subsidies", {}
