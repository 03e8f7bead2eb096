"""What fees, tariffs, bonuses and taxes come to, by exact fractions and day by day: the slow reference of what the market computes.

    fees.py accrual|tiers|ladder|tax SEED NUMBER

prints NUMBER random cases as CSV: the arguments, and what they come to.
"""

import csv
import random
import sys
from datetime import date, timedelta
from fractions import Fraction


def half_up(amount):
    return (2 * amount.numerator + amount.denominator) // (2 * amount.denominator)


def anniversary(day, years):
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year + years, day=28)


def accrued(yearly, since, day):
    """Walk through the days one by one, each its part of the year that it lies in."""
    years, year, exact = 0, since, Fraction(0)
    while year < day:
        ends = anniversary(since, years + 1)
        part = Fraction(yearly, (ends - year).days)
        walk = year
        while walk < day and walk < ends:
            exact += part
            walk += timedelta(1)
        years, year = years + 1, ends
    return half_up(exact)


def tiers(volume, steps, prices, per, whole):
    if whole:
        return half_up(Fraction(volume * [p for s, p in zip(steps, prices) if s <= volume][-1], per))
    exact = Fraction(0)
    for place, (start, price) in enumerate(zip(steps, prices)):
        end = steps[place + 1] if place + 1 < len(steps) else volume
        exact += Fraction(max(min(volume, end) - start, 0) * price, per)
    return half_up(exact)


def random_steps(draw):
    steps = [0] + sorted(draw.sample(range(1, 100000), draw.randint(0, 4)))
    return steps, [draw.randint(0, 250000) for _ in steps]


def random_rule(draw, party, rest):
    steps, rates = random_steps(draw)
    whole = draw.random() < 0.5
    bands = ", ".join(f"{s}: {r // 10000}.{r % 10000:04}%" for s, r in zip(steps, rates))
    return steps, rates, whole, f"{party} {'whole ' if whole else ''}ladder({bands}) of sale, {rest} rest"


def array(numbers):
    return "{" + ",".join(map(str, numbers)) + "}"


def main():
    what, draw, number = sys.argv[1], random.Random(int(sys.argv[2])), int(sys.argv[3])
    out = csv.writer(sys.stdout)
    for case in range(number):
        if what == "accrual":
            since = date(2019, 1, 1) + timedelta(draw.randint(0, 2500)) if draw.random() < 0.8 else date(2020, 2, 29)
            day = since + timedelta(draw.choice([draw.randint(0, 3), draw.randint(363, 368), draw.randint(0, 2200)]))
            yearly = draw.choice([1, 365, 366, draw.randint(1, 999999), draw.randint(1, 10**13)])
            out.writerow([yearly, since, day, accrued(yearly, since, day)])
        elif what == "tiers":
            steps, prices = random_steps(draw)
            per, whole = draw.choice([1, 7, 1000]), draw.random() < 0.5
            volume = draw.choice(steps + [draw.randint(0, 200000)])
            out.writerow([volume, array(steps), array(prices), per, whole, tiers(volume, steps, prices, per, whole)])
        elif what == "ladder":
            steps, rates, whole, rule = random_rule(draw, "sales_leader", "platform")
            volume = draw.choice(steps + [draw.randint(0, 200000)])
            out.writerow([rule, volume, tiers(volume, steps, rates, 1000000, whole)])
        elif what == "tax":
            # What is earned month by month, and what is withheld each time when the bands go over all of it.
            steps, rates, whole, rule = random_rule(draw, "tax", "payee")
            base = withheld = 0
            for month in range(12):
                earned = draw.randint(-8000, 20000)
                base += earned
                total = tiers(max(base, 0), steps, rates, 1000000, whole)
                out.writerow([case, rule, month, earned, total - withheld])
                withheld = total


main()
