"""Rules of division, from docs/split.md: as many terms as a market needs.

A rule is a tuple of clauses, a clause is a party and its term:

    ("cost",)                              what the goods cost
    ("rate", base, ppm, least, most)       parts per million of sale, cost or margin
    ("unit", amount)  ("order", amount)    whole amounts
    ("rest",)                              what is left

Shares are dictionaries from account to amount without zeros.
"""

MILLION = 1_000_000


class Rule:
    def __init__(self, *clauses):
        self.clauses = clauses

    def text(self):
        return ", ".join(f"{party} {term_text(term)}" for party, term in self.clauses)

    def __eq__(self, other):
        return isinstance(other, Rule) and self.clauses == other.clauses

    def __hash__(self):
        return hash(self.clauses)


class BadRule:
    """A text that is no rule of a market, and the SQLSTATE that says so."""

    def __init__(self, written, code):
        self.written = written
        self.code = code

    def text(self):
        return self.written


def term_text(term):
    if term[0] in ("cost", "rest"):
        return term[0]
    if term[0] in ("unit", "order"):
        return f"{term[1]} per {term[0]}"
    _, base, ppm, least, most = term
    text = f"{percent(ppm)} of {base}"
    if least is not None:
        text += f" min {least}"
    if most is not None:
        text += f" max {most}"
    return text


def percent(ppm):
    return f"{ppm // 10000}.{ppm % 10000:04d}".rstrip("0").rstrip(".") + "%"


def largest_remainder(total, numerators, denominator):
    """Whole parts of total; missing units go to the largest remainders, of equal ones to the first."""
    parts = [n // denominator for n in numerators]
    missing = total - sum(parts)
    order = sorted(range(len(parts)), key=lambda n: (-(numerators[n] % denominator), n))
    for n in order[:missing]:
        parts[n] += 1
    return parts


def divide(rule, sale, cost, units):
    """What each clause gets, in order; None when the parts are more than the sale."""
    bases = {"sale": sale, "cost": cost, "margin": sale - cost}
    parts = {}
    for base, value in bases.items():
        rates = [(n, term) for n, (_, term) in enumerate(rule.clauses) if term[0] == "rate" and term[1] == base]
        exact = [value * term[2] for _, term in rates]
        exact.append(value * MILLION - sum(exact))
        for (n, term), part in zip(rates, largest_remainder(value, exact, MILLION)):
            if term[3] is not None:
                part = max(part, term[3])
            if term[4] is not None:
                part = min(part, term[4])
            parts[n] = part
    for n, (_, term) in enumerate(rule.clauses):
        if term[0] == "cost":
            parts[n] = cost
        elif term[0] == "unit":
            parts[n] = term[1] * units
        elif term[0] == "order":
            parts[n] = term[1]
    left = sale - sum(parts.values())
    if left < 0:
        return None
    for n, (_, term) in enumerate(rule.clauses):
        if term[0] == "rest":
            parts[n] = left
    return [parts[n] for n in range(len(rule.clauses))]


def shares_of(rule, parts, payees):
    """By account; who is absent (None) leaves his part to whoever takes the rest."""
    rest = next((payees[n] for n, (_, term) in enumerate(rule.clauses) if term[0] == "rest"), None)
    return tidy((payee or rest, part) for payee, part in zip(payees, parts))


def tidy(entries):
    shares = {}
    for account, amount in entries:
        shares[account] = shares.get(account, 0) + amount
    return {account: amount for account, amount in shares.items() if amount != 0}


def add(*many):
    return tidy(entry for shares in many for entry in shares.items())


def negative(shares):
    return {account: -amount for account, amount in shares.items()}


def reverse(left, refund):
    """docs/shares.md: the part of what is left that a refund takes; ties go to the older account."""
    total = sum(left.values())
    if refund == 0:
        return {}
    accounts = sorted(left, key=lambda account: account.place)
    parts = largest_remainder(refund, [refund * left[account] for account in accounts], total)
    return tidy(zip(accounts, parts))


# Baskets: item to (units, amount), entries of nothing left out.
def basket_sum(*many):
    total = {}
    for basket in many:
        for item, (units, amount) in basket.items():
            had = total.get(item, (0, 0))
            total[item] = (had[0] + units, had[1] + amount)
    return {item: line for item, line in total.items() if line != (0, 0)}


def basket_less(basket, other):
    return basket_sum(basket, {item: (-units, -amount) for item, (units, amount) in other.items()})
