"""The ledger, settlements with what explains them."""

import split
from things import Account, Journal, Order, Refund, Refused, Settlement, need

MARKET = ("channel", "clearing", "revenue", "unmatched", "bank", "channel_fees", "subsidy", "tax", "transfers")
EARNED = ("goods", "commission", "pickup")


class Money:
    def __init__(self):
        super().__init__()
        self.accounts = {}  # (member or None, kind): account, in the order of opening
        self.journals = {}  # (kind, reference): journal
        self.pending = []  # orders and refunds with a due time that no window has passed
        self.settlements = []
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
            kind=kind, reference=reference, entries=entries, settlement=None, about=about or reference[-1])
        return journal

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

    # A window covers what is due after the last one's end and up to its own.

    def open_settlement(self, until=None):
        """Until now, or a time before everything."""
        if until == "infinity":
            raise Refused("22023")
        if self.settlements and not self.settlements[-1].posted:
            return [self.settlements[-1]]
        end = self.clock if until is None else 0
        if self.settlements and end <= self.settlements[-1].end:
            return [None]
        self.settlements.append(Settlement(end=end, posted=False, orders=None, refunds=None, amount=None, journal=None, behind=[]))
        return [self.settlements[-1]]

    def post_settlement(self, settlement):
        need(settlement, Settlement)
        if not settlement.posted:
            settlement.behind = [thing for thing in self.pending if thing.due <= settlement.end]
            self.pending = [thing for thing in self.pending if thing.due > settlement.end]
            earned = [thing.shares for thing in settlement.behind if isinstance(thing, Order)]
            returned = [split.negative(thing.shares) for thing in settlement.behind if not isinstance(thing, Order)]
            entries = split.add(*earned, *returned)
            settlement.posted = True
            settlement.orders, settlement.refunds = len(earned), len(returned)
            settlement.amount = sum(entries.values())
            if entries:
                entries = split.add(entries, {self.clearing: -settlement.amount})
                settlement.journal = self.post_owed("settlement", (settlement,), entries)
                settlement.journal.settlement = settlement
        return [settlement.orders, settlement.refunds, settlement.amount, settlement.journal is not None]

    def explain(self, journal, account):
        """Rows of campaign, order, refund and amount."""
        if not isinstance(need(journal), Journal) or need(account) not in journal.entries:
            raise Refused("KT303")
        if journal.settlement is not None:
            rows = [(thing, self.part_of(thing, account)) for thing in journal.settlement.behind]
            return sorted((self.explained(thing, part) for thing, part in rows if part is not None),
                          key=lambda row: [0 if cell is None else getattr(cell, "id", cell) for cell in row])
        amount = journal.entries[account]
        if journal.kind == "campaign_cancellation":
            return [[order.campaign, order, None, back if amount > 0 else -back] for order, back in journal.back.items()]
        if not isinstance(journal.about, (Order, Refund)):
            return [[None, None, None, amount]]
        return [self.explained(journal.about, amount)]

    def explained(self, thing, amount):
        if isinstance(thing, Order):
            return [thing.campaign, thing, None, amount]
        return [thing.order.campaign, thing.order, thing, amount]

    def part_of(self, thing, account):
        """What an order or a refund moves on an account at settlement; clearing is the other side of all of it."""
        sign = 1 if isinstance(thing, Order) else -1
        if account is self.clearing:
            return -sign * thing.amount
        return sign * thing.shares[account] if account in thing.shares else None
