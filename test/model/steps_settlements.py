"""Steps of settlement: calendars, windows, what is behind them."""

from campaigns import PAST
from step import step


@step(0.6)
def create_calendar(draw):
    name = draw.rng.choice(["farms", "rare", "daily"])
    return "create_calendar", {"name": name, "every": {"farms": None, "rare": None, "daily": "day"}[name] if draw.chance(0.9) else "week"}


def some_calendar(draw):
    return draw.rng.choice(draw.model.calendars[1 if len(draw.model.calendars) > 1 and draw.chance(0.5) else 0:])


@step(1)
def set_campaign_calendar(draw):
    campaign = draw.one(draw.model.campaigns)
    return campaign and ("set_campaign_calendar", {"campaign": campaign, "calendar": some_calendar(draw)})


@step(1.5)
def set_supplier_calendar(draw):
    return "set_supplier_calendar", {"supplier": draw.one(draw.model.members[:5]), "calendar": some_calendar(draw)}


def window(draw):
    return {"until": draw.rng.choice([None] * 8 + [PAST, draw.midnight(0)]), **({"calendar": some_calendar(draw)} if draw.chance(0.5) else {})}


@step(3)
def open_settlement(draw):
    arguments = window(draw)
    if draw.chance(0.3):
        draw.later(lambda _: ("open_settlement", arguments))
        return "preview_settlement", arguments
    return "open_settlement", arguments


def open_window(draw):
    return draw.find(draw.model.settlements, lambda each: not each.posted)


@step(0.5)
def preview_settlement(draw):
    return "preview_settlement", window(draw)


@step(0.7)
def part_settlement(draw):
    settlement = open_window(draw)
    return settlement and ("part_settlement", {"settlement": settlement, "parts": draw.rng.choice([1, 2, 5])})


@step(0.7)
def sum_part(draw):
    settlement = open_window(draw)
    return settlement and ("sum_part", {"settlement": settlement})


@step(4)
def post_settlement(draw):
    settlement = open_window(draw)
    return settlement and ("post_settlement", {"settlement": settlement})


@step(3)
def explain(draw):
    model = draw.model
    # No call has told the number of a run yet that was not compared.
    known = [journal for journal in model.journals.values() if all(getattr(part, "id", part) is not None for part in journal.reference)]
    settled = [settlement.journal for settlement in model.settlements if settlement.journal]
    journal = draw.one(settled if settled and draw.chance(0.6) else known)
    if journal is None:
        return None
    account = draw.rng.choice(list(journal.entries if draw.chance(0.95) else model.accounts.values()))
    return "explain", {"journal": journal, "account": account}
