"""Steps of the ledger by hand: who bears refunds, holds, debts and securities, adjustments."""

import split
from adjustments import REVERSIBLE
from draw import BAD_RULES
from campaigns import FUTURE, PAST
from step import step
from things import Entries


@step(2)
def set_liability(draw):
    rule = draw.liability_rule() if draw.chance(0.85) else draw.rng.choice([draw.rule(), draw.rng.choice(BAD_RULES)])
    return "set_liability", {"supply_leader": draw.one(draw.model.members[:3]) if draw.chance(0.6) else None,
                             "cause": draw.rng.choice(["spoilage", "spoilage", "spoilage", "lost", "late"]), "rule": rule}


@step(0.4)
def end_liability(draw):
    stands = draw.one(draw.model.all_liabilities)
    return stands and ("end_liability", {"liability": stands})


def funds(draw):
    """An account of a member, mostly one with money."""
    return draw.find(list(draw.model.accounts.values()), lambda account: account.member and account.kind != "debt" and account.balance > account.held)


@step(3)
def hold(draw):
    account = funds(draw)
    if account is None:
        return None
    there = max((account.balance or 0) - account.held, 1)
    return "hold", {"account": account, "amount": draw.rng.choice([there, max(there // 3, 1), max(there // 3, 1), there + 1]), "request": draw.key("hold"),
                    "reason": "claim", "expires_at": draw.rng.choice([None, FUTURE, draw.midnight(1), draw.midnight(2)])}


def some_hold(draw):
    return draw.find(draw.model.holds, lambda hold: hold.state == "held")


@step(3)
def post_hold(draw):
    held = some_hold(draw)
    if held is None:
        return None
    to = held.to if held.to and draw.chance(0.7) else draw.one(draw.model.accounts.values())
    amount = draw.rng.choice([None, held.amount, draw.number(1, held.amount), draw.number(1, held.amount)])
    return "post_hold", {"hold": held, "to_account": to, "amount": held.posted if held.posted and draw.chance(0.7) else amount}


@step(0.6)
def void_hold(draw):
    held = some_hold(draw)
    return held and ("void_hold", {"hold": held})


@step(0.2)
def expire_holds(draw):
    return "expire_holds", {"at_most": draw.rng.choice([0, 1, 1000])}


# Debts, securities, penalties


def debtor(draw):
    return draw.find(draw.model.members, draw.model.debt)


def owed(draw, member):
    there = max(draw.model.debt(member), 1)
    return draw.rng.choice([there, draw.number(1, there), there + 1 if draw.chance(0.3) else there])


@step(1)
def repay_debt(draw):
    member = debtor(draw)
    return member and ("repay_debt", {"member": member, "amount": owed(draw, member), "reference": draw.key("repaid")})


@step(0.8)
def write_off_debt(draw):
    member = debtor(draw)
    return member and ("write_off_debt", {"member": member, "amount": owed(draw, member), "request": draw.key("write off"), "reason": "courtesy",
                                          "decided_by": draw.one(draw.model.members)})


@step(2)
def receive_deposit(draw):
    return "receive_deposit", {"member": draw.one(draw.model.members), "amount": draw.number(1, 3000), "reference": draw.key("deposit")}


@step(0.7)
def return_deposit(draw):
    deposit = draw.one([account for account in draw.model.accounts.values() if account.kind == "deposit"])
    return deposit and ("return_deposit", {"member": deposit.member, "amount": draw.number(1, max(deposit.balance, 1)), "reference": draw.key("returned")})


@step(1.2)
def impose_penalty(draw):
    secured = [member for member, kind in draw.model.accounts if kind == "deposit"]
    return "impose_penalty", {"member": draw.one(secured if draw.chance(0.5) else draw.model.members), "amount": draw.number(1, 2500), "reason": "late",
                              "request": draw.key("penalty"), "decided_by": draw.one(draw.model.members)}


# Journals by hand


@step(1.5)
def propose_adjustment(draw):
    accounts = list(draw.model.accounts.values())
    fit = [account for account in accounts if account.kind not in ("clearing", "unmatched", "transfers", "debt")]
    one, other = draw.rng.sample(fit if draw.chance(0.9) else accounts, 2)
    amount = draw.number(1, 1500)
    if draw.chance(0.5) and one.member and one.balance > one.held:
        amount = one.balance - one.held
    entries = {one: -amount, other: amount}
    if draw.chance(0.3):
        third = draw.one([account for account in fit if account not in entries])
        part = draw.number(1, amount)
        entries = split.tidy([(one, -amount), (other, amount - part), (third, part)])
    return "propose_adjustment", {"reference": draw.key("adjustment"), "entries": Entries(entries), "reason": "by hand", "made_by": draw.one(draw.model.members),
                                  "happened_at": PAST if draw.chance(0.2) else None}


@step(1.2)
def propose_reversal(draw):
    by_hand = [journal for journal in draw.model.journals.values() if journal.kind in REVERSIBLE]
    journal = draw.one(by_hand if draw.chance(0.93) else draw.model.journals.values())
    return journal and ("propose_reversal", {"journal": journal, "reason": "a mistake", "made_by": draw.one(draw.model.members)})


def proposed(draw):
    return draw.find(draw.model.adjustments, lambda each: each.approver is None and not each.withdrawn)


@step(2.5)
def approve_adjustment(draw):
    adjustment = proposed(draw)
    return adjustment and ("approve_adjustment", {"adjustment": adjustment, "approver": adjustment.approver or (adjustment.maker if draw.chance(0.1) else draw.one(draw.model.members))})


@step(0.3)
def withdraw_adjustment(draw):
    adjustment = proposed(draw)
    return adjustment and ("withdraw_adjustment", {"adjustment": adjustment})
