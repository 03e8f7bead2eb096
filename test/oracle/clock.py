#!/usr/bin/env python3
"""What clocks show around every change that a zone makes, by Python's own reading of the time zone data.

  clock.py FIRST_YEAR LAST_YEAR ZONE...

prints CSV: zone, kind, day, at, moment, shows. "moment" is when the clocks show "at" on "day": a time shown twice is the later
one, a skipped one is read by the offset before the change. "shows" is the day that the moment has. Kinds: skipped, twice, once;
a zone that never changes gives two times of every month.
"""
import csv
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)


def changes(zone, first, last):
    """Moments from which another offset holds, in UTC: found hour by hour, then to the second."""
    moment, end = datetime(first, 1, 1, tzinfo=timezone.utc), datetime(last + 1, 1, 1, tzinfo=timezone.utc)
    while moment < end:
        after = moment + timedelta(hours=1)
        if moment.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            low, high = moment, after
            while high - low > SECOND:
                middle = low + (high - low) // 2
                middle = middle.replace(microsecond=0)
                if middle.astimezone(zone).utcoffset() == moment.astimezone(zone).utcoffset():
                    low = middle
                else:
                    high = middle
            yield high
        moment = after


def wanted(zone, first, last):
    """Kind and wall clock time, without zone."""
    some = False
    for change in changes(zone, first, last):
        some = True
        plain = change.replace(tzinfo=None)
        before = plain + (change - SECOND).astimezone(zone).utcoffset()
        after = plain + change.astimezone(zone).utcoffset()
        low, high = min(before, after), max(before, after)
        kind = "skipped" if before < after else "twice"
        tick = timedelta(microseconds=1)
        for local in (low, low + tick, low + SECOND, low + (high - low) / 2, high - SECOND, high - tick):
            yield kind, local
        for local in (low - timedelta(hours=3), low - SECOND, low - tick, high, high + tick, high + SECOND, high + timedelta(hours=3)):
            yield "once", local
    if not some:
        for year in range(first, last + 1):
            for month in range(1, 13):
                yield "once", datetime(year, month, 1)
                yield "once", datetime(year, month, 14, 2, 30)


def main():
    first, last = int(sys.argv[1]), int(sys.argv[2])
    out = csv.writer(sys.stdout, lineterminator="\n")
    for name in sys.argv[3:]:
        zone = ZoneInfo(name)
        for kind, local in wanted(zone, first, last):
            fold = 1 if kind == "twice" else 0
            moment = local.replace(tzinfo=zone, fold=fold).astimezone(timezone.utc)
            shows = moment.astimezone(zone).date()
            out.writerow([name, kind, local.date().isoformat(), local.time().isoformat(), moment.isoformat(), shows.isoformat()])


main()
