#!/usr/bin/env python3
"""Recomputes what refunds take back and who bears them, from the order lines and the rules alone.

Reads a JSON document: "lines" maps "order/item" to {"sale", "whole": {account: amount}}, the shares of the line as the market
divided it; "rules" maps a liability to [[party, parts per million or null for the rest], ...]; "parties" maps "order/item" to
{party: account or null}; "refunds" is a list of [id, "order/item", amount, liability or null] in the order in which they were made.
Prints id, shares and borne, tab-separated, as the market writes them ("" where nothing is borne by a rule).
"""

import json
import sys


def largest_remainder(total, weights):
    """Whole parts of total by weight; what is missing goes to the largest remainders, of equal ones to the first."""
    base = sum(weights)
    parts = [total * weight // base for weight in weights]
    order = sorted(range(len(weights)), key=lambda n: (-(total * weights[n] % base), n))
    for n in order[:total - sum(parts)]:
        parts[n] += 1
    return parts


def reverse(left, amount):
    """The part of what is left that a refund takes; ties go to the lower account."""
    accounts = sorted(left)
    parts = largest_remainder(amount, [left[account] for account in accounts]) if amount else [0] * len(accounts)
    return dict(zip(accounts, parts))


def divide(rule, parties, sale):
    """The clauses of a liability are rates of the sale and a rest; the part of an absent party goes to the rest."""
    rates = [(party, ppm) for party, ppm in rule if ppm is not None]
    rest = next((party for party, ppm in rule if ppm is None), None)
    # What the rates leave unnamed of the sale takes part as one more, which stands last.
    parts = largest_remainder(sale, [ppm for _, ppm in rates] + [1_000_000 - sum(ppm for _, ppm in rates)])
    whole, given = {}, 0
    for (party, _), part in zip(rates, parts):
        if parties[party] is not None:
            whole[parties[party]] = whole.get(parties[party], 0) + part
            given += part
    if rest is not None:
        whole[parties[rest]] = whole.get(parties[rest], 0) + sale - given
    return whole


def text(shares):
    return "{" + ",".join(f"{account}:{amount}" for account, amount in sorted(shares.items()) if amount) + "}"


def main():
    history = json.load(sys.stdin)
    left, bearing = {}, {}
    for number, line, amount, liability in history["refunds"]:
        sold = history["lines"][line]
        if line not in left:
            left[line] = {int(account): part for account, part in sold["whole"].items()}
            assert sum(left[line].values()) == sold["sale"]
        shares = reverse(left[line], amount)
        left[line] = {account: part - shares[account] for account, part in left[line].items()}
        borne = None
        if liability is not None:
            key = line, liability
            if key not in bearing:
                bearing[key] = divide(history["rules"][str(liability)], history["parties"][line], sold["sale"])
            borne = reverse(bearing[key], amount)
            bearing[key] = {account: part - borne[account] for account, part in bearing[key].items()}
        assert min(left[line].values()) >= 0 and sum(shares.values()) == amount
        print(number, text(shares), "" if borne is None else text(borne), sep="\t")


if __name__ == "__main__":
    main()
