"""The ledger, and what explains its postings."""

import split
from things import Account, Journal, Order, Refund, Refused, need

MARKET = ("channel", "clearing", "revenue", "unmatched", "bank", "channel_fees", "subsidy", "tax", "transfers")
EARNED = ("goods", "commission", "pickup")


class Money:
    def __init__(self):
        super().__init__()
        self.accounts = {}  # (member or None, kind): account, in the order of opening
        self.journals = {}  # (kind, reference): journal
        self.channel, self.clearing, self.revenue, self.unmatched = [self.account(None, kind) for kind in MARKET][:4]

    def account(self, member, kind):
        if (member, kind) not in self.accounts:
            self.accounts[member, kind] = Account(member=member, kind=kind, balance=0, held=0, place=len(self.accounts))
        return self.accounts[member, kind]

    def post(self, kind, reference, entries, about=None):
        """About is what explains it, where the reference does not end with that."""
        entries = split.tidy(entries.items())
        assert sum(entries.values()) == 0 and (kind, reference) not in self.journals
        for account, amount in entries.items():
            account.balance += amount
        journal = self.journals[kind, reference] = Journal(
            kind=kind, reference=reference, entries=entries, settlement=None, about=about or reference[-1], written=self.clock, happened=self.clock)
        return journal

    def check_funds(self, entries, released={}):
        """No account of a member falls below what is held of it, and no debt rises above zero."""
        for account, amount in entries.items():
            if account.member is None:
                continue
            after = account.balance + amount
            if after > 0 if account.kind == "debt" else amount < 0 and after < account.held - released.get(account, 0):
                raise Refused("KT402")

    def post_owed(self, kind, reference, entries):
        """Nobody's earnings fall below zero: what is short is owed, and paid back from what is there afterwards, oldest account first."""
        cause = (kind, *reference)
        short = {account: account.held - account.balance - amount for account, amount in entries.items()
                 if account.kind in EARNED and account.member and amount < account.held - account.balance}
        owing = {account.member for account in short}
        members = {account.member for account, amount in entries.items() if account.member and (amount < 0 or self.debt(account.member))}
        if short:
            for member in sorted(owing, key=lambda member: member.id):
                self.account(member, "debt")
            self.post("debt", cause, split.add(short, *[{self.account(account.member, "debt"): -amount} for account, amount in short.items()]))
        journal = self.post(kind, reference, entries)
        back = []
        for member in members:
            left = self.debt(member)
            for account in [account for (whose, kind), account in self.accounts.items() if whose is member and kind in EARNED]:
                part = min(left, account.balance - account.held)
                left -= part
                back.append({account: -part, self.account(member, "debt"): part} if part else {})
        if any(back):
            self.post("netting", cause, split.add(*back))
        return journal

    def debt(self, member):
        return -self.accounts[member, "debt"].balance if (member, "debt") in self.accounts else 0

    def explain(self, journal, account):
        """Rows of campaign, order, refund and amount."""
        if not isinstance(need(journal), Journal) or need(account) not in journal.entries:
            raise Refused("KT303")
        if journal.settlement is not None:
            rows = [(thing, self.part_of(journal.settlement, thing, account)) for thing in journal.settlement.behind]
            return sorted((self.explained(thing, part) for thing, part in rows if part is not None),
                          key=lambda row: [0 if cell is None else getattr(cell, "id", cell) for cell in row])
        amount = journal.entries[account]
        if journal.kind == "campaign_cancellation":
            return [[order.campaign, order, None, parts[account]] for order, parts in journal.parts.items() if account in parts]
        if not isinstance(journal.about, (Order, Refund)):
            return [[None, None, None, amount]]
        return [self.explained(journal.about, amount)]

    def explained(self, thing, amount):
        if isinstance(thing, Order):
            return [thing.campaign, thing, None, amount]
        return [thing.order.campaign, thing.order, thing, amount]
