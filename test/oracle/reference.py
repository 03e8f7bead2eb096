"""What a split gives to whom, written to be read and not to be fast.

It follows docs/split.md and nothing else: whole numbers of any size, one step
after the other. A clause is a dictionary: its kind, and what the kind needs.

    cost                                what the goods cost
    rate     base, steps, whole         a percentage; one step from 0 is a plain
                                        one, more of them are a ladder
    unit     amount                     an amount for every unit
    order    amount                     an amount
    rest                                what is left

A rate may also have min and max; steps are pairs (from, parts per million).
"""

ONE = 1_000_000
LARGEST = 2**63 - 1


class Refused(Exception):
    """The rule or the numbers are refused; the text is the kind of refusal."""

    def __init__(self, kind, left_over=None):
        super().__init__(kind)
        self.kind = kind
        self.left_over = left_over


def numerator(clause, base, volume):
    """The exact share of a clause, in parts per million of a minor unit."""
    steps = clause["steps"]
    if clause["whole"]:
        reached = [rate for start, rate in steps if start <= volume + base]
        return base * reached[-1]
    share = 0
    for n, (start, rate) in enumerate(steps):
        end = steps[n + 1][0] if n + 1 < len(steps) else volume + base
        slice_start = max(start, volume)
        slice_end = min(end, volume + base)
        if slice_end > slice_start:
            share += (slice_end - slice_start) * rate
    return share


def largest_remainder(total, numerators):
    """Round down, then one unit each to the largest remainders, the earlier of equal ones first."""
    rounded = [share // ONE for share in numerators]
    left = total - sum(rounded)
    remainders = [share % ONE for share in numerators]
    # sorted() keeps the order of what is equal
    served = sorted(range(len(numerators)), key=lambda n: -remainders[n])[:left]
    for n in served:
        rounded[n] += 1
    return rounded


def bounded(clause, part):
    """The part within min and max, and which of the two it met."""
    if clause.get("min") is not None and part < clause["min"]:
        return clause["min"], "min"
    if clause.get("max") is not None and part > clause["max"]:
        return clause["max"], "max"
    return part, None


def check_numbers(rule, sale, cost, units, volume):
    if sale < 0 or cost < 0 or cost > sale or units < 0 or volume < 0:
        raise Refused("value")
    bases = {"sale": sale, "cost": cost, "margin": sale - cost}
    for clause in rule:
        if clause["kind"] == "rate" and clause["ladder"] and volume + bases[clause["base"]] > LARGEST:
            raise Refused("range")
    return bases


def explain(rule, sale, cost, units, volume):
    """Per clause: base, exact share in parts per million, share rounded, bound met, part."""
    bases = check_numbers(rule, sale, cost, units, volume)
    rows = [None] * len(rule)
    for name, base in bases.items():
        members = [n for n, clause in enumerate(rule) if clause["kind"] == "rate" and clause["base"] == name]
        if not members:
            continue
        exact = [numerator(rule[n], base, volume) for n in members]
        # What no clause takes of the base is the last to be served.
        rounded = largest_remainder(base, exact + [base * ONE - sum(exact)])
        for n, share, whole in zip(members, exact, rounded):
            part, bound = bounded(rule[n], whole)
            rows[n] = (base, share, whole, bound, part)
    for n, clause in enumerate(rule):
        if clause["kind"] == "cost":
            rows[n] = (cost, cost * ONE, cost, None, cost)
        elif clause["kind"] == "unit":
            part = clause["amount"] * units
            rows[n] = (units, part * ONE, part, None, part)
        elif clause["kind"] == "order":
            rows[n] = (None, clause["amount"] * ONE, clause["amount"], None, clause["amount"])
    given = sum(row[4] for row in rows if row is not None)
    if given > sale:
        raise Refused("uncovered", sale - given if given <= LARGEST else None)
    for n, clause in enumerate(rule):
        if clause["kind"] == "rest":
            part = sale - given
            rows[n] = (None, part * ONE, part, None, part)
    return rows


def allocate(rule, sale, cost, units, volume):
    return [row[4] for row in explain(rule, sale, cost, units, volume)]


def shares(rule, parts, accounts):
    """The parts by account; a party without account gives its part to the rest."""
    taker = [n for n, clause in enumerate(rule) if clause["kind"] == "rest"]
    if None in accounts and (not taker or accounts[taker[0]] is None):
        raise Refused("absent")
    sums = {}
    for part, account in zip(parts, accounts):
        account = accounts[taker[0]] if account is None else account
        sums[account] = sums.get(account, 0) + part
    return {account: amount for account, amount in sorted(sums.items()) if amount != 0}
