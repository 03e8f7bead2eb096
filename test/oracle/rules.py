"""Random rules and random numbers to apply them to, the awkward ones often."""

from reference import LARGEST, ONE

CLAUSES = 64
STEPS = 64
BASES = ("sale", "cost", "margin")
RATES = (0, 1, 333_333, 999_999, 1_000_000)
USUAL_RATES = (5_000, 6_000, 20_000, 50_000, 100_000, 150_000, 250_000, 333_333, 500_000)
EDGES = sorted({0, 1, 2, LARGEST - 1, LARGEST}
               | {10**k + d for k in range(1, 19) for d in (-1, 0, 1)})


def amount(rng, most=LARGEST):
    """From 0 to most: small, an edge, or of any magnitude."""
    kind = rng.random()
    if kind < 0.5:
        number = int(rng.random() * 400)
    elif kind < 0.7:
        number = EDGES[int(rng.random() * len(EDGES))]
    else:
        number = rng.getrandbits(1 + int(rng.random() * 63))
    return number if number <= most else int(rng.random() * (most + 1))


def rates(rng, budget, count):
    """Rates that sum to at most the budget, and often to all of it."""
    kind = rng.random()
    if kind < 0.3:
        return [budget // count] * count
    if kind < 0.6:
        marks = sorted(int(rng.random() * (budget + 1)) for _ in range(count - 1))
        return [b - a for a, b in zip([0] + marks, marks + [budget])]
    found = []
    for _ in range(count):
        wanted = rng.choice(RATES if kind < 0.8 else USUAL_RATES)
        found.append(min(wanted, budget))
        budget -= found[-1]
    return found


def rate(base, ppm, steps=None, whole=False):
    return {"kind": "rate", "base": base, "ladder": steps is not None, "whole": whole,
            "steps": steps or [(0, ppm)], "min": None, "max": None}


def ladder(rng, base, budget, count):
    starts = {0}
    step = 10 ** (1 + int(rng.random() * 5))
    while len(starts) < count:
        kind = rng.random()
        starts.add(int(rng.random() * step * count) if kind < 0.8 else amount(rng))
    steps = [(start, min(budget, rates(rng, budget, 2)[0])) for start in sorted(starts)]
    return rate(base, None, steps, whole=rng.random() < 0.4)


def bounds(rng, clause):
    wide = rng.random() < 0.15
    if rng.random() < 0.25:
        clause["min"] = amount(rng) if wide else int(rng.random() * 30)
    if rng.random() < 0.25:
        clause["max"] = amount(rng) if wide else int(rng.random() * 300)
    if clause["min"] is not None and clause["max"] is not None:
        clause["max"] = max(clause["min"], clause["max"])


def closed_rule(rng, size):
    """Without a rest: the rates of the sale, or cost and margin, take it all."""
    if size == 1 or rng.random() < 0.5:
        found = rates(rng, ONE, size)
        found[-1] += ONE - sum(found)
        return [rate("sale", ppm) for ppm in found]
    costs = 1 if rng.random() < 0.5 else 1 + int(rng.random() * (size - 1))
    found = rates(rng, ONE, costs)
    found[-1] += ONE - sum(found)
    rule = [rate("cost", ppm) for ppm in found]
    if costs == 1:
        rule = [{"kind": "cost"}]
    found = rates(rng, ONE, size - costs)
    found[-1] += ONE - sum(found)
    rule += [rate("margin", ppm) for ppm in found]
    rng.shuffle(rule)
    return rule


def open_rule(rng, size):
    """With a rest. A modest rule mostly holds, another one often does not."""
    modest = rng.random() < 0.7
    counts = dict.fromkeys(BASES + ("cost clause", "unit", "order"), 0)
    for _ in range(size - 1):
        counts[rng.choice(("sale", "sale", "sale", "margin", "margin", "cost", "unit", "order", "cost clause"))] += 1
    taken = counts["cost clause"] > 0
    counts["sale"] += max(0, counts["cost clause"] - 1)
    rule = [{"kind": "rest"}]
    if taken:
        rule.append({"kind": "cost"})
    for kind in ("unit", "order"):
        for _ in range(counts[kind]):
            rule.append({"kind": kind, "amount": amount(rng) if not modest else int(rng.random() * 30)})
    free = ONE
    steps = STEPS
    for base in BASES:
        if counts[base] == 0:
            continue
        budget = ONE if not modest else int(rng.random() * (free + 1))
        if modest and base == "sale":
            free -= budget
        elif modest and taken and base == "cost":
            budget = 0
        for ppm in rates(rng, budget, counts[base]):
            count = min(steps, STEPS if rng.random() < 0.02 else 1 + int(rng.random() * 5))
            if count > 0 and rng.random() < 0.4:
                steps -= count
                clause = ladder(rng, base, ppm, count)
            else:
                clause = rate(base, ppm)
            bounds(rng, clause)
            rule.append(clause)
    rng.shuffle(rule)
    return rule


def random_rule(rng):
    kind = rng.random()
    if kind < 0.04:
        size = CLAUSES
    elif kind < 0.08:
        size = 1
    elif kind < 0.92:
        size = 2 + int(rng.random() * 6)
    else:
        size = 8 + int(rng.random() * 56)
    return closed_rule(rng, size) if rng.random() < 0.2 else open_rule(rng, size)


def random_numbers(rng, rule):
    """Sale, cost, units and volume."""
    sale = amount(rng)
    kind = rng.random()
    cost = 0 if kind < 0.2 else sale if kind < 0.27 else int(rng.random() * sale) if sale < 2**52 else rng.randrange(sale)
    units = int(rng.random() * 20) if rng.random() < 0.93 else amount(rng)
    volume = 0
    rungs = [clause for clause in rule if clause["kind"] == "rate" and clause["ladder"]]
    kind = rng.random()
    if rungs and kind < 0.7:
        clause = rungs[int(rng.random() * len(rungs))]
        base = {"sale": sale, "cost": cost, "margin": sale - cost}[clause["base"]]
        start = clause["steps"][int(rng.random() * len(clause["steps"]))][0]
        if kind < 0.2:
            volume = start + int(rng.random() * 3) - 1
        elif kind < 0.4:
            volume = start - base + int(rng.random() * 3) - 1
        elif kind < 0.5:
            volume = LARGEST - base + int(rng.random() * 1.3)
        elif kind < 0.6:
            volume = start - int(rng.random() * (base + 1))
        else:
            volume = amount(rng)
        volume = min(max(volume, 0), LARGEST)
    elif kind > 0.95:
        volume = amount(rng)
    if rng.random() < 0.02:
        kind = int(rng.random() * 4)
        if kind == 0:
            sale = -1 - amount(rng)
        elif kind == 1:
            cost = -1 - amount(rng) if rng.random() < 0.5 else min(LARGEST, sale + 1 + amount(rng))
        elif kind == 2:
            units = -1 - amount(rng)
        else:
            volume = -1 - amount(rng)
    return sale, cost, units, volume
