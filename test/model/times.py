"""Times, as arguments of calls and on the model's own clock."""

from campaigns import CLOSES, DAY, FUTURE, PAST
from things import Midnight, Moment, need

BEGINNING, ENDLESS = 0.0, float("inf")
TIMES = {PAST: BEGINNING, FUTURE: ENDLESS, CLOSES: ENDLESS, "infinity": ENDLESS, "-infinity": -1}


def clock_of(time):
    if isinstance(time, Midnight):
        return day_begins(time.days)
    return time.clock if isinstance(time, Moment) else TIMES[need(time)]


def day_begins(days):
    """So many days after the first of a run, before all that happens on it; or before that, and after the beginning."""
    return days * DAY if days > 0 else 0.5 + days / 1000
