#!/usr/bin/env python3
"""Print random splits with what they must give, for compare.c or for COPY.

    generate.py [--seed N] [--jobs N] COUNT
    generate.py --sql [--seed N] COUNT

The same seed gives the same cases, in blocks whose order depends on the number
of jobs. A line is one of these, its fields separated by bars:

    K letter meaning                 a kind of case that must occur
    R text canonical                 a rule, as typed and as printed
    X refusal text                   a rule that must be refused
    C kinds sale cost units volume answer    a sale under the last rule
    E count                          the end: how many of C there were

The answer is the parts in clause order, or ! and the kind of refusal. With
--sql there is a line for every sale, with all that functions of ktt answer.
"""

import argparse
import json
import multiprocessing
import random
import sys

import reference
import rules
import text
from reference import LARGEST, ONE

SALES = 40  # under each rule

KINDS = {
    "1": "one clause", "6": "64 clauses", "N": "no rest", "B": "several bases",
    "T": "tie at the last unit", "U": "tie with the part that nobody takes", "G": "several units left over",
    "m": "min met", "M": "max met",
    "L": "marginal ladder across a step", "l": "marginal ladder on the edge of a step",
    "W": "whole ladder above its first step", "w": "whole ladder on the edge of a step", "S": "64 steps",
    "r": "0, 1 ppm and 999,999 ppm to 1,000,000 ppm", "t": "333,333 ppm",
    "0": "sale of 0", "p": "power of ten or its neighbour", "x": "largest sale", "c": "largest cost",
    "u": "largest number of units", "v": "volume and base reach the largest number",
    "A": "parts above the sale", "O": "parts above the largest number", "V": "numbers out of bounds",
    "R": "volume and base beyond the largest number",
}
POWERS = {10**k + d for k in range(1, 19) for d in (-1, 0, 1)}


def rule_kinds(rule):
    found = {1: "1", 64: "6"}.get(len(rule), "")
    if all(clause["kind"] != "rest" for clause in rule):
        found += "N"
    rates = [clause for clause in rule if clause["kind"] == "rate"]
    if len({clause["base"] for clause in rates}) > 1:
        found += "B"
    ppm = {ppm for clause in rates for _, ppm in clause["steps"]}
    if ppm & {0, 1} and ppm & {999_999, 1_000_000}:
        found += "r"
    if 333_333 in ppm:
        found += "t"
    if sum(len(clause["steps"]) for clause in rates if clause["ladder"]) == rules.STEPS:
        found += "S"
    return found


def number_kinds(sale, cost, units):
    found = "0" if sale == 0 else ""
    if sale in POWERS:
        found += "p"
    if sale == LARGEST:
        found += "x"
    if cost == LARGEST:
        found += "c"
    if units == LARGEST:
        found += "u"
    return found


def rounding_kinds(rule, rows, bases):
    """Whether the order of clauses decided, by looking at the remainders once more."""
    found = ""
    for name, base in bases.items():
        members = [row for row, clause in zip(rows, rule) if clause["kind"] == "rate" and clause["base"] == name]
        if not members:
            continue
        remainders = [row[1] % ONE for row in members]
        unnamed = (base * ONE - sum(row[1] for row in members)) % ONE
        left = (sum(remainders) + unnamed) // ONE
        if left > 1:
            found += "G"
        if left > 0:
            last = sorted(remainders + [unnamed], reverse=True)[left - 1: left + 1]
            if len(last) == 2 and last[0] == last[1]:
                found += "U" if unnamed == last[0] else "T"
    return found


def ladder_kinds(rule, bases, volume):
    found = ""
    for clause in rule:
        if clause["kind"] != "rate" or not clause["ladder"]:
            continue
        end = volume + bases[clause["base"]]
        if end == LARGEST:
            found += "v"
        starts = [start for start, _ in clause["steps"][1:]]
        if clause["whole"]:
            if starts and starts[0] <= end:
                found += "W"
            if end in starts:
                found += "w"
        else:
            if any(volume < start < end for start in starts):
                found += "L"
            if end in starts or volume in starts:
                found += "l"
    return found


def sale_of(rng, rule):
    """Numbers, the kinds of case they are, and what must come out."""
    numbers = sale, cost, units, volume = rules.random_numbers(rng, rule)
    found = number_kinds(sale, cost, units)
    try:
        rows = reference.explain(rule, *numbers)
    except reference.Refused as refusal:
        if refusal.kind == "uncovered":
            found += "A"
            if any(clause["kind"] == "unit" and clause["amount"] * units > LARGEST for clause in rule):
                found += "O"
        else:
            found += {"value": "V", "range": "R"}[refusal.kind]
        return numbers, found, None, refusal
    bases = {"sale": sale, "cost": cost, "margin": sale - cost}
    found += rounding_kinds(rule, rows, bases) + ladder_kinds(rule, bases, volume)
    met = {row[3] for row in rows}
    found += ("m" if "min" in met else "") + ("M" if "max" in met else "")
    return numbers, found, rows, None


def broken_rule(rng):
    """A rule that breaks one rule of rules, and how it is refused."""
    rule = rules.open_rule(rng, 2 + int(rng.random() * 6))
    while sum(len(clause["steps"]) for clause in rule if clause["kind"] == "rate") > rules.STEPS - 8:
        rule = rules.open_rule(rng, 2 + int(rng.random() * 6))
    names = text.party_names(rng, len(rule))
    kind = int(rng.random() * 10)
    place = int(rng.random() * (len(rule) + 1))
    if kind == 0:
        base = rng.choice(rules.BASES)
        highest = sum(max(ppm for _, ppm in clause["steps"]) for clause in rule
                      if clause["kind"] == "rate" and clause["base"] == base)
        rule.insert(place, rules.rate(base, ONE - highest + 1 if highest > 0 else ONE))
        if highest == 0:
            rule.append(rules.rate(base, 1))
    elif kind == 1:
        rule.insert(place, {"kind": "rest"})
    elif kind == 2:
        names[-1] = names[0]
    elif kind == 3:
        rule.insert(place, dict(rules.rate("sale", 0), min=place + 1, max=place))
    elif kind == 4:
        rule = [clause for clause in rule if clause["kind"] != "rest"] + [{"kind": "order", "amount": place}]
    elif kind == 5:
        rule += [{"kind": "order", "amount": 0}] * (65 - len(rule))
    elif kind == 6:
        rule.insert(place, rules.rate("cost", None, [(1 + place, 0)]))
    elif kind == 7:
        rule.insert(place, rules.rate("cost", None, [(0, 0), (place + 7, 0), (place + 7 - int(rng.random() * 2), 0)]))
    elif kind == 8:
        rule.insert(place, rules.rate("cost", None, [(start, 0) for start in range(65)]))
    else:
        rule.insert(place, rules.rate("sale", None, [(0, ONE), (10, 0)]))
        rule.append(rules.rate("sale", 1))
    if len(names) < len(rule):
        names += [f"q{n}" for n in range(len(rule) - len(names))]
    return text.canonical(names, rule), "limit" if kind in (5, 8) else "value"


def block(seed, number, count):
    """One rule with its sales."""
    rng = random.Random(f"{seed}/{number}")
    rule = rules.random_rule(rng)
    printed = text.canonical(text.party_names(rng, len(rule)), rule)
    same = rule_kinds(rule)
    yield f"R|{text.written(rng, printed)}|{printed}"
    for _ in range(count):
        numbers, found, rows, refusal = sale_of(rng, rule)
        answer = f"!{refusal.kind}" if rows is None else " ".join([str(row[4]) for row in rows])
        yield "C|%s|%d|%d|%d|%d|%s" % (same + found, *numbers, answer)
    if number % 10 == 0:
        broken, refusal = broken_rule(rng)
        yield f"X|{refusal}|{text.written(rng, broken)}"


def decimal(ppm):
    """A number in parts per million as numeric prints it."""
    return f"{'-' if ppm < 0 else ''}{abs(ppm) // ONE}.{abs(ppm) % ONE:06d}"


def sql_rows(seed, count):
    """Every sale with its rule and with what allocate, check_split and explain_split say, for random accounts too."""
    for number in range(count):
        rng = random.Random(f"{seed}/sql/{number}")
        rule = rules.random_rule(rng)
        names = text.party_names(rng, len(rule))
        numbers, _, rows, refusal = sale_of(rng, rule)
        accounts = [None if rng.random() < 0.1 else 1 + int(rng.random() * 40) for _ in rule]
        left_over, parts, explained = None, "", ""
        if rows is None:
            shares = refusal.kind
            left_over = refusal.left_over
        else:
            left_over = sum(row[4] for row, clause in zip(rows, rule) if clause["kind"] == "rest")
            parts = "{%s}" % ",".join([str(row[4]) for row in rows])
            explained = json.dumps([
                [name, text.term(clause), row[0] if clause["kind"] == "rate" else None, decimal(row[1]),
                 decimal(row[2] * ONE - row[1]), row[3], row[4]]
                for name, clause, row in zip(names, rule, rows)])
            try:
                found = reference.shares(rule, [row[4] for row in rows], accounts)
                shares = "{%s}" % ",".join(f"{account}:{found[account]}" for account in found)
            except reference.Refused as absent:
                shares = absent.kind
        array = "{%s}" % ",".join("NULL" if account is None else str(account) for account in accounts)
        yield "|".join((str(number), text.canonical(names, rule), *map(str, numbers),
                        "" if left_over is None else str(left_over),
                        parts, explained, array, shares))


def print_blocks(arguments, job, lock):
    pending, size = [], 0
    blocks = -(-arguments.count // SALES)
    for number in range(job, blocks, arguments.jobs):
        count = min(SALES, arguments.count - number * SALES)
        for line in block(arguments.seed, number, count):
            pending.append(line)
            size += len(line)
        if size > 200_000 or number + arguments.jobs >= blocks:
            with lock:
                print("\n".join(pending), flush=True)
            pending, size = [], 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--sql", action="store_true")
    parser.add_argument("count", type=int)
    arguments = parser.parse_args()
    if arguments.sql:
        for line in sql_rows(arguments.seed, arguments.count):
            print(line)
        return
    for letter, meaning in KINDS.items():
        print(f"K|{letter}|{meaning}")
    sys.stdout.flush()
    lock = multiprocessing.Lock()
    jobs = [multiprocessing.Process(target=print_blocks, args=(arguments, job, lock)) for job in range(arguments.jobs)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    if any(job.exitcode != 0 for job in jobs):
        sys.exit("a job broke off")
    print(f"E|{arguments.count}")


if __name__ == "__main__":
    main()
