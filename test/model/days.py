"""Days, as arguments of calls and as the market counts them."""

import datetime

from campaigns import CLOSES, FUTURE, PAST
from things import Refused, need

DAYS = {PAST: datetime.date(2000, 1, 1), FUTURE: datetime.date(2099, 1, 1), CLOSES: datetime.date(2100, 1, 1)}
NEVER = datetime.date.max


def day_of(value):
    """A finite day."""
    if need(value) in ("infinity", "-infinity"):
        raise Refused("22023")
    return DAYS.get(value, value)


def days_between(since, until):
    """From a day to another (exclusive) or without an end."""
    first = day_of(since)
    last = NEVER if until is None else day_of(until)
    if last <= first:
        raise Refused("22023")
    return first, last


def share_days(one, other):
    return one[0] < other[1] and other[0] < one[1]


def later(day, years=0, months=0):
    """The same day of a later year or month, or its last one."""
    month = day.month - 1 + months
    year, month = day.year + years + month // 12, month % 12 + 1
    for number in (day.day, 30, 29, 28):
        try:
            return day.replace(year=year, month=month, day=min(number, day.day))
        except ValueError:
            pass
    return None
