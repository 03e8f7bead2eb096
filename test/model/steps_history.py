"""Steps that look back: times that are remembered, balances at them, the end of the books."""

from campaigns import CLOSES, DAY, FUTURE, PAST
from step import step


@step(2.5)
def pass_days(draw):
    """Few enough that no touch is forgotten."""
    return ("pass_days", {"days": draw.rng.choice([1, 1, 2])}) if draw.model.clock < 24 * DAY else None


@step(2)
def now_is(draw):
    return "now_is", {}


def some_time(draw):
    return draw.rng.choice(draw.model.moments) if draw.model.moments and draw.chance(0.85) else draw.rng.choice([PAST, FUTURE, "infinity", draw.midnight(0), draw.midnight(-1)])


def moved_account(draw):
    journals = list(draw.model.journals.values())
    return draw.rng.choice(list(draw.rng.choice(journals).entries if journals else draw.model.accounts.values()))


@step(4)
def balance_at(draw):
    return "balance_at", {"account": moved_account(draw), "at": some_time(draw), "as_of": draw.rng.choice(["written", "written", "happened"])}


@step(1)
def trial_balance_at(draw):
    return "trial_balance_at", {"at": some_time(draw), "as_of": draw.rng.choice(["written", "happened"])}


@step(2)
def turnover(draw):
    since, until = some_time(draw), draw.rng.choice([some_time(draw), FUTURE, CLOSES])
    return "turnover", {"account": moved_account(draw), "since": since, "until": until}


@step(0.8)
def close_books(draw):
    return "close_books", {"until": draw.rng.choice([None, None, draw.one(draw.model.moments)])}


@step(0.8)
def take_checkpoint(draw):
    return "take_checkpoint", {}
