"""Debts that are paid back or given up, securities, and penalties. From docs/refunds.md and docs/ledger.md."""

from campaigns import DAY
from holds import MOST
from things import Member, Refused, need, need_text, within


class Debts:
    def __init__(self):
        super().__init__()
        self.write_offs = []  # rows as the market keeps them
        self.penalties = []

    def post_once(self, kind, reference, entries):
        """Under a reference of the bank: what was posted before is not posted again."""
        before = self.journals.get((kind, (reference,)))
        if before is not None:
            if before.entries != entries:
                raise Refused("KT010")
            return before
        self.check_funds(entries)
        return self.post(kind, (reference,), entries)

    def through_bank(self, kind, member, account, amount, reference, sign):
        need(member, Member)
        within(need(amount), 1, MOST)
        need_text(reference)
        opened = (member, account) in self.accounts
        account = self.account(member, account)
        try:
            return [self.post_once(kind, reference, {account: sign * amount, self.bank: -sign * amount})]
        except Refused:
            if not opened:
                del self.accounts[member, account.kind]
            raise

    def repay_debt(self, member, amount, reference):
        return self.through_bank("repayment", member, "debt", amount, reference, 1)

    def receive_deposit(self, member, amount, reference):
        return self.through_bank("deposit", member, "deposit", amount, reference, 1)

    def return_deposit(self, member, amount, reference):
        return self.through_bank("returned_deposit", member, "deposit", amount, reference, -1)

    def check_decision(self, member, amount, reason, decided_by):
        need(member, Member)
        need(decided_by, Member)
        within(need(amount), 1, MOST)
        need_text(reason)
        if member is decided_by:
            raise Refused("KT404")

    def write_off_debt(self, member, amount, request, reason, decided_by):
        first = self.claim("write_off_debt", request, (member, amount, reason, decided_by))
        if first is not None:
            return [first]
        self.check_decision(member, amount, reason, decided_by)
        if amount > self.debt(member):
            raise Refused("KT402")
        journal = self.post("write_off", (request,), {self.account(member, "debt"): amount, self.revenue: -amount})
        self.write_offs.append((journal, member, amount, reason, decided_by))
        self.finish("write_off_debt", request, journal)
        return [journal]

    def impose_penalty(self, member, amount, reason, request, decided_by):
        """From the security first, then from what was earned; what is short is owed."""
        first = self.claim("impose_penalty", request, (member, amount, reason, decided_by))
        if first is not None:
            return [first]
        need_text(request)
        self.check_decision(member, amount, reason, decided_by)
        entries = {self.revenue: amount, self.account(member, "commission"): 0}
        deposit = self.accounts.get((member, "deposit"))
        part = min(amount, deposit.balance - deposit.held) if deposit else 0
        if part:
            entries[deposit] = -part
        entries[self.account(member, "commission")] = part - amount
        journal = self.post_owed("penalty", (request,), {account: change for account, change in entries.items() if change})
        self.penalties.append((request, member, amount, part, reason, decided_by, journal))
        self.finish("impose_penalty", request, journal)
        return [journal]

    def open_debts(self):
        """Member, journal, amount and what is left of it; whatever was paid back went to the oldest."""
        rows = []
        for member in self.members:
            account = self.accounts.get((member, "debt"))
            if account is None or account.balance == 0:
                continue
            moves = [(journal, journal.entries[account]) for journal in self.journals.values() if account in journal.entries]
            back = sum(amount for _, amount in moves if amount > 0)
            for journal, amount in moves:
                if amount < 0:
                    paid = min(back, -amount)
                    back -= paid
                    if paid < -amount:
                        rows.append((member, journal, -amount, -amount - paid))
        return rows

    def ageing(self):
        """Rows of member, what he owes, and that by its age."""
        owed = {}
        for member, journal, _, left in self.open_debts():
            parts = owed.setdefault(member, [0, 0, 0, 0])
            age = self.clock - journal.written
            parts[sum(age >= days * DAY for days in (7, 30, 90))] += left
        return [(member, sum(parts), *parts) for member, parts in owed.items()]
