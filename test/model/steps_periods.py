"""Steps of bonuses, traffic and tax."""

import datetime

from draw import BAD_RULES
from periods import Scale
from step import step

EARLY = [datetime.date(2026, 1, 1), datetime.date(2024, 2, 1)]


def scale(draw, party, other):
    steps = sorted({0, draw.number(1, 3000), draw.number(3000, 30_000)})[:draw.rng.choice([1, 2, 3])]
    return Scale(party, other, [(start, draw.rng.choice([0, 10_000, draw.number(0, 300_000)])) for start in steps], draw.chance(0.4))


def near_day(draw):
    return draw.model.day() + datetime.timedelta(draw.rng.choice([-1, 0, 0, 0, 1, 3]))


@step(0.8)
def set_bonus(draw):
    leader = draw.one(draw.model.members[:2]) if draw.chance(0.7) else None
    rule = scale(draw, "sales_leader", "platform" if leader is None else "supply_leader")
    since = draw.rng.choice([*EARLY, near_day(draw)])
    return "set_bonus", {"supply_leader": leader, "rule": rule if draw.chance(0.93) else draw.rng.choice(BAD_RULES), "since": since,
                         "until": since + datetime.timedelta(draw.number(1, 900)) if draw.chance(0.15) else None}


@step(0.2)
def end_bonus(draw):
    bonus = draw.one(draw.model.bonus_rules)
    return bonus and ("end_bonus", {"bonus": bonus, "until": near_day(draw)})


@step(0.8)
def set_tariff(draw):
    steps = sorted({0, draw.number(1, 5), draw.number(5, 30)})[:draw.rng.choice([1, 2, 3])]
    return "set_tariff", {"member": draw.one(draw.model.members[:3]), "role": draw.rng.choice(["supplier", "supply_leader"]),
                          "measure": draw.rng.choice(["orders", "units", "units", "views"]), "steps": steps, "prices": [draw.number(0, 500) for _ in steps],
                          "since": draw.rng.choice([*EARLY, near_day(draw)]), "per": draw.rng.choice([1, 3, 1000]), "whole": draw.chance(0.3),
                          "community": draw.one(draw.model.communities) if draw.chance(0.3) else None}


@step(0.2)
def end_tariff(draw):
    tariff = draw.one(draw.model.tariffs)
    return tariff and ("end_tariff", {"tariff": tariff, "until": near_day(draw)})


def period(draw):
    """Mostly one that was computed before, or all days of which there are sales."""
    runs = draw.model.period_runs
    if runs and draw.chance(0.5):
        run = draw.rng.choice(runs)
        return {"since": run.since, "until": run.until}
    since = draw.rng.choice([draw.model.first_day, draw.model.day() - datetime.timedelta(draw.number(1, 3))])
    return {"since": since, "until": draw.rng.choice([draw.model.day()] * 5 + [since + datetime.timedelta(draw.number(1, 3)), None])}


@step(2)
def compute_bonuses(draw):
    return "compute_bonuses", period(draw)


@step(2)
def charge_traffic(draw):
    return "charge_traffic", period(draw)


@step(0.6)
def set_tax_rule(draw):
    days = [datetime.date(2026, 1, 1), draw.model.day().replace(day=1), (draw.model.day() + datetime.timedelta(31)).replace(day=1)]
    return "set_tax_rule", {"member_kind": draw.rng.choice(["person", "person", "person", "company"]), "since": draw.rng.choice(days),
                            "every": draw.rng.choice(["month", "year"]), "rule": scale(draw, "tax", "payee"), "source": "an example, no law"}


@step(1.5)
def withhold_tax(draw):
    if draw.chance(0.6):
        draw.later(withhold_tax)
        return "close_books", {"until": None}
    return "withhold_tax", {}


@step(0.8)
def pay_tax(draw):
    owed = max(draw.model.tax.balance, 1)
    return "pay_tax", {"amount": draw.rng.choice([owed, draw.number(1, owed), owed + 1]), "reference": draw.key("tax")}
