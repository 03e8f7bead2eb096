"""Payouts: reserved when they are made, approved by another; transfers and what the bank says of them."""

import split
from money import EARNED
from things import Line, Member, Payout, Refused, need, need_text, within


class Payouts:
    def __init__(self):
        super().__init__()
        self.payouts = []
        self.disputes = {}  # (message, key, reference, amount, outcome): whether it is resolved
        self.transfers, self.bank = self.accounts[None, "transfers"], self.accounts[None, "bank"]

    @property
    def lines(self):
        return [line for payout in self.payouts for line in payout.lines.values()]

    def payable(self, member):
        """What is available, account by account, up to what is left when his debt is taken off."""
        entries = {}
        left = sum(account.balance - account.held for (whose, kind), account in self.accounts.items() if whose is member and kind in EARNED)
        left -= self.debt(member)
        for account in [account for (whose, kind), account in self.accounts.items() if whose is member and kind in EARNED]:
            part = min(left, account.balance - account.held)
            if part > 0:
                entries[account] = part
                left -= part
        return entries

    def reserve(self, payout, sign):
        for line in payout.lines.values():
            if line.state == "proposed":
                for account, amount in line.entries.items():
                    account.held += sign * amount

    def propose(self, maker, own, wanted):
        payout = Payout(maker=maker, own=own, approver=None, withdrawn=False, lines={})
        for member in sorted(wanted, key=lambda member: member.id):
            payout.lines[member] = Line(payout=payout, member=member, entries=wanted[member], amount=sum(wanted[member].values()), state="proposed",
                                        note=None, sent=False, reference=None, back=None)
        self.reserve(payout, 1)
        self.payouts.append(payout)
        return payout

    def make_payout(self, maker, request, minimum=1, members=None):
        first = self.claim("make_payout", request, (maker, minimum, members and tuple(members)))
        if first is not None:
            return [first]
        need(maker, Member)
        if need(minimum) < 1:
            raise Refused("22023")
        for member in members or []:
            need(member, Member)
        payable = {member: self.payable(member) for member in (self.members if members is None else members)}
        payout = self.propose(maker, False, {member: entries for member, entries in payable.items() if entries and sum(entries.values()) >= minimum})
        self.finish("make_payout", request, payout)
        return [payout]

    def request_payout(self, member, amount, request):
        first = self.claim("request_payout", request, (member, amount))
        if first is not None:
            return [first]
        need(member, Member)
        within(need(amount), 1, 10**15)
        entries, left = {}, amount
        for account, part in self.payable(member).items():
            if left > 0:
                entries[account] = min(part, left)
                left -= entries[account]
        if left > 0:
            raise Refused("KT402")
        payout = self.propose(member, True, {member: entries})
        self.finish("request_payout", request, payout)
        return [payout]

    def approve_payout(self, payout, approver):
        need(payout, Payout)
        need(approver, Member)
        if payout.withdrawn:
            raise Refused("KT301")
        if payout.maker is approver:
            raise Refused("KT404")
        if payout.approver is None:
            payout.approver = approver
            self.reserve(payout, -1)
            if payout.lines:
                entries = split.negative(split.add(*[line.entries for line in payout.lines.values()]))
                self.post("payout", (payout,), split.add(entries, {self.transfers: -sum(entries.values())}))
            for line in payout.lines.values():
                line.state = "requested"
        elif payout.approver is not approver:
            raise Refused("KT301")
        return [len(payout.lines), 0, sum(line.amount for line in payout.lines.values()), 0]

    def withdraw_payout(self, payout):
        if need(payout, Payout).approver is not None:
            raise Refused("KT301")
        self.reserve(payout, -1)
        payout.withdrawn = True
        for line in payout.lines.values():
            line.state, line.note = "dropped", "withdrawn"
        return [""]

    def send_transfers(self, at_most):
        """How many, and how much they come to; none is without an answer for long."""
        within(need(at_most), 0, 1000000)
        given = [line for line in self.lines if line.state == "requested"][:at_most]
        for line in given:
            line.state, line.sent = "sent", True
        return [len(given), sum(line.amount for line in given)]

    def dispute(self, message, key, reference, amount, outcome):
        self.disputes.setdefault((message, key, reference, amount, outcome), False)
        return [outcome]

    def confirm_transfer(self, key, channel_reference, amount):
        need_text(channel_reference)
        within(need(amount), 1, 10**15)
        line = key if isinstance(key, Line) else need_text(key) and None
        outcome = ("unknown" if line is None else "not_sent" if not line.sent else "amount_differs" if line.amount != amount else
                   "reference_differs" if line.reference not in (None, channel_reference) else "confirmed_late" if line.note else "confirmed")
        if outcome not in ("confirmed", "confirmed_late"):
            return self.dispute("confirm", key, channel_reference, amount, outcome)
        if line.state == "sent":
            self.post("transfer", (line,), {self.bank: amount, self.transfers: -amount})
        elif line.state == "failed":
            self.post_owed("late_transfer", (line,), split.add(split.negative(line.entries), {self.bank: amount}))
            line.note = "late"
            self.dispute("confirm", key, channel_reference, amount, outcome)
        else:
            return [outcome]
        line.state, line.reference = "confirmed", channel_reference
        waiting = [dispute for dispute, resolved in self.disputes.items() if dispute[1] is line and dispute[4] == "not_confirmed" and not resolved]
        if waiting:
            self.disputes[waiting[0]] = True
            self.come_back(line, waiting[0][2])
        return [outcome]

    def come_back(self, line, reference):
        self.post_owed("returned_transfer", (line,), split.add(line.entries, {self.bank: -line.amount}))
        line.state, line.back = "returned", reference

    def fail_transfer(self, key, reason):
        need_text(reason)
        line = key if isinstance(key, Line) else need_text(key) and None
        if line and line.state in ("requested", "sent"):
            self.post_owed("failed_transfer", (line,), split.add(line.entries, {self.transfers: -line.amount}))
            line.state, line.note = "failed", reason
        if line and line.state == "failed":
            return ["failed"]
        return self.dispute("fail", key, reason, None, "unknown" if line is None else
                            {"confirmed": "already_confirmed", "returned": "already_returned"}.get(line.state, "not_sent"))

    def return_transfer(self, key, reference):
        need_text(reference)
        line = key if isinstance(key, Line) else need_text(key) and None
        if line and line.state == "confirmed":
            self.come_back(line, reference)
        if line and line.state == "returned" and line.back == reference:
            return ["returned"]
        return self.dispute("return", key, reference, None, "unknown" if line is None else
                            {"returned": "reference_differs", "failed": "already_failed", "sent": "not_confirmed"}.get(line.state, "not_sent"))
