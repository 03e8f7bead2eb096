"""The same calls once more in a fresh market, and ever fewer of them while they still fail."""

import re
import time

from answer import Call, Differs
from compare import compare
from psql import Broken
from things import Account, Change, Code, Journal, Line, Quota, Thing, Unknown

NOBODY = Unknown(10**9)


def replay(calls, market, since=0):
    """The calls as they are made here, up to the first that fails, and the difference; None when none does.

    Things of the first run are taken for those that the same calls make in this
    one; what no call makes here is nobody. The states are compared after every
    call behind the first since ones, and at the end.
    """
    made = {}
    again = []
    try:
        for call in calls:
            again.append(Call(call.name, {name: here(value, made, market.model) for name, value in call.arguments.items()}))
            again[-1].run(market.model, market.server)
            made.update((thing, again[-1].made[row]) for row, thing in call.made.items() if row in again[-1].made)
            if len(again) > since:
                compare(market.model, market.server)
        compare(market.model, market.server)
    except (Differs, Broken) as difference:
        return again, str(difference)
    return None


def here(value, made, model):
    """A value of the first run in this one."""
    if isinstance(value, dict):
        return {name: here(each, made, model) for name, each in value.items()}
    if isinstance(value, list):
        return [here(element, made, model) for element in value]
    if isinstance(value, Code):
        order = made.get(value.order)
        return order.codes[min(value.number, len(order.codes) - 1)] if order else "hello"
    if isinstance(value, Account):
        return model.accounts.get((here(value.member, made, model), value.kind), NOBODY)
    if isinstance(value, Change):
        changes = getattr(here(value.order, made, model), "changes", [])
        return changes[value.number] if value.number < len(changes) else NOBODY
    if isinstance(value, Quota) and value not in made:
        return getattr(here(value.campaign, made, model), "capacity", None) or NOBODY
    if isinstance(value, Line):
        payout = made.get(value.payout)
        return payout.lines.get(here(value.member, made, model), NOBODY) if payout else NOBODY
    if isinstance(value, Journal):
        return model.journals.get((value.kind, tuple(here(part, made, model) for part in value.reference)), NOBODY)
    if isinstance(value, Thing):
        return made.get(value) or NOBODY
    return value


def kind(calls, difference):
    """Two failures are taken for the same when the last call and what was expected are, but for the numbers."""
    return calls[-1].name, re.sub(r"\d+", "", difference.split("\n")[0]) if difference.startswith("expected") else difference.split()[0]


def shrink(calls, difference, market, seconds):
    """Leave out ever smaller pieces, as long as there is time and the rest fails in the same way."""
    end = time.monotonic() + seconds
    first = kind(calls, difference)

    def still_fails(fewer):
        nonlocal calls, difference
        if len(fewer) == len(calls):
            return False
        market.rewind()
        failed = replay(fewer, market, len(fewer))
        if failed and kind(*failed) == first:
            calls, difference = failed
            return True
        return False

    size = max(1, len(calls) // 2)
    smaller = True
    while (size > 1 or smaller) and time.monotonic() < end:
        at, smaller = len(calls) - size, False
        while at > -size and time.monotonic() < end:
            if still_fails(calls[:max(at, 0)] + calls[at + size:]):
                smaller = True
                # What is refused changes nothing, and much is refused that names what was left out.
                still_fails([call for call in calls[:-1] if call.sqlstate == "00000"] + calls[-1:])
                at = min(at, len(calls))
            at -= size
        size = max(1, size // 2)
    return calls, difference


def script(calls, configure):
    """For psql, in a fresh database with the extension."""
    head = ["SELECT ktt.create_market();", "SET search_path = market, ktt, public;", f"{configure};"]
    return "\n".join(head + [call.script() for call in calls])
