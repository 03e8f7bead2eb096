"""Payouts, and what a channel says of transfers."""

from step import step


@step(2.5)
def make_payout(draw):
    return "make_payout", {"maker": draw.one(draw.model.members), "request": draw.key("payout"), "minimum": draw.rng.choice([1, 1, 100, 5000]),
                           "members": draw.rng.sample(draw.model.members, 2) if draw.chance(0.3) else None}


@step(2.5)
def request_payout(draw):
    member = draw.one(draw.model.members)
    payable = sum(draw.model.payable(member).values())
    return "request_payout", {"member": member, "amount": draw.rng.choice([payable or 1, max(payable // 3, 1), payable + 1]), "request": draw.key("withdrawal")}


@step(2.5)
def approve_payout(draw):
    payout = draw.find(draw.model.payouts, lambda payout: payout.approver is None and not payout.withdrawn)
    return payout and ("approve_payout", {"payout": payout, "approver": draw.one(draw.model.members) if draw.chance(0.8) else payout.maker})


@step(0.4)
def withdraw_payout(draw):
    payout = draw.one(draw.model.payouts)
    return payout and ("withdraw_payout", {"payout": payout})


@step(4)
def send_transfers(draw):
    return "send_transfers", {"at_most": draw.rng.choice([1, 3, 100])}


def told_of(draw, *likely):
    """A transfer that the bank may say something of."""
    return draw.find(draw.model.lines, lambda line: line.state in likely)


@step(2.5)
def confirm_transfer(draw):
    line = told_of(draw, "sent", "sent", "failed")
    return line and ("confirm_transfer", {"key": line, "channel_reference": line.reference or f"number {draw.number(1, 99)}",
                                          "amount": line.amount if draw.chance(0.9) else line.amount + 1})


@step(0.8)
def fail_transfer(draw):
    line = told_of(draw, "sent", "requested")
    return line and ("fail_transfer", {"key": line, "reason": draw.rng.choice(["closed", "unknown"])})


@step(0.8)
def return_transfer(draw):
    line = told_of(draw, "confirmed", "sent")
    return line and ("return_transfer", {"key": line, "reference": line.back or f"back {draw.number(1, 99)}"})
